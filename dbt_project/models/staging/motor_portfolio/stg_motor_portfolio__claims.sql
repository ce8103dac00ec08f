with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'policy_year_id') }} as claim_key,
        'motor_portfolio' as source_system,
        policy_year_id as claim_id,
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        {{ entity_key('motor_portfolio', 'party_id') }} as party_key,
        'motor' as claim_type,
        claim_count,
        term_starts_on as incurred_on,
        term_ends_on as reported_on,
        term_ends_on as decided_on,
        'paid' as decision,
        claim_cost as claimed_amount,
        0::numeric as reserve_amount,
        term_starts_on as occurred_on,
        term_ends_on as known_on,
        is_stale
    from policy_years
    -- The file has a year's total only: dated at its start, known at its end.
    where claim_count > 0 or claim_cost > 0
)

select * from final
