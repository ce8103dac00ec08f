with changed as (
    select * from {{ source('changed', 'party') }}
),

final as (
    select party_key
    from changed
)

select * from final
