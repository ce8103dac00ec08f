with changed as (
    select * from {{ source('changed', 'policy') }}
),

final as (
    select policy_key
    from changed
)

select * from final
