{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('commissions', ['policy_admin']) }}
),

final as (
    select
        commission_key,
        source_system,
        commission_id,
        policy_key,
        agent_key,
        premium_payment_key,
        commission_type,
        rate,
        amount,
        paid_on,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
