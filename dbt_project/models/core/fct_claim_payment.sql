{{ built_by('policy_key') }}

with claim_payments as (
    select * from {{ ref('input__claim_payments') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        claim_payments.claim_payment_key,
        claim_payments.source_system,
        claim_payments.claim_key,
        claim_payments.policy_key,
        holders.customer_key,
        claim_payments.paid_on,
        claim_payments.amount,
        claim_payments.occurred_on,
        claim_payments.known_on,
        claim_payments.is_stale
    from claim_payments
    left join holders on claim_payments.policy_key = holders.policy_key
)

select * from final
