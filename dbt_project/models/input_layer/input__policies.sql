{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policies', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        policy_key,
        source_system,
        policy_id,
        policy_number,
        product_key,
        agent_key,
        channel,
        branch,
        issued_on,
        effective_on,
        expires_on,
        premium_mode,
        is_single_pay,
        payment_term_years,
        policy_term_years,
        annual_premium,
        sum_assured,
        currency,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
