with accepted as (
    {{ accepted_versions('policy_admin', 'policy', ['policy_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        'policy_admin' as source_system,
        policy_id::text as policy_id,
        trim(policy_no) as policy_number,
        {{ entity_key('policy_admin', 'product_code') }} as product_key,
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        channel,
        branch,
        issued_on,
        effective_on,
        expires_on,
        premium_mode,
        coalesce(premium_mode = 'single', false) as is_single_pay,
        payment_term_years::integer as payment_term_years,
        policy_term_years::integer as policy_term_years,
        annual_premium,
        sum_assured,
        coalesce(currency, '{{ var("currency") }}') as currency,
        coalesce(issued_on, recorded_on) as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
