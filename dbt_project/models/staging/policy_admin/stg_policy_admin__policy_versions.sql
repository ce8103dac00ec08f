with history as (
    {{ accepted_history('policy_admin', 'policy', ['policy_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        'policy_admin' as source_system,
        _version_id as version_id,
        seen_on,
        _is_deleted as is_deleted,
        {{ entity_key('policy_admin', 'product_code') }} as product_key,
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        channel,
        branch,
        expires_on,
        premium_mode,
        payment_term_years::integer as payment_term_years,
        annual_premium,
        sum_assured,
        -- A deletion has no row to say when it was recorded.
        coalesce(recorded_on, seen_on) as known_on
    from history
)

select * from final
