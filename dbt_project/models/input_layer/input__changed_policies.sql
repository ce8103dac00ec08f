with mapped as (
    select * from {{ ref('stg_ledger__changed_policies') }}
),

final as (
    select policy_key
    from mapped
)

select * from final
