{{ built_by('policy_key') }}

with payments as (
    select * from {{ ref('input__premiums_received') }}
    {{ only_changed('policy_key') }}
),

premiums_due as (
    select * from {{ ref('input__premiums_due') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        payments.premium_payment_key,
        payments.source_system,
        -- A due of another policy is not what was paid: its policy would hang on a payment that is none of its own.
        premiums_due.premium_due_key,
        payments.policy_key,
        holders.customer_key,
        payments.paid_on,
        payments.amount,
        payments.occurred_on,
        payments.known_on,
        payments.is_stale,
        premiums_due.policy_year
    from payments
    left join premiums_due
        on payments.policy_key = premiums_due.policy_key and payments.premium_due_key = premiums_due.premium_due_key
    left join holders on payments.policy_key = holders.policy_key
)

select * from final
