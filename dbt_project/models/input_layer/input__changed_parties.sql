with mapped as (
    select * from {{ ref('stg_ledger__changed_parties') }}
),

final as (
    select party_key
    from mapped
)

select * from final
