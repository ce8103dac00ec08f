with claim_payments as (
    select * from {{ ref('input__claim_payments') }}
    {{ only_changed('policy_key') }}
),

final as (
    select
        claim_key,
        sum(amount) as paid_amount
    from claim_payments
    group by claim_key
)

select * from final
