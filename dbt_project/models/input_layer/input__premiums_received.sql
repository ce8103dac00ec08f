{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('premiums_received', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        premium_payment_key,
        source_system,
        premium_payment_id,
        premium_due_key,
        policy_key,
        paid_on,
        amount,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
