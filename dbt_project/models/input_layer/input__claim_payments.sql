{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('claim_payments', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        claim_payment_key,
        source_system,
        claim_payment_id,
        claim_key,
        policy_key,
        paid_on,
        amount,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
