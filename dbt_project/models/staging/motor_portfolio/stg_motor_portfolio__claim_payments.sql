with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'policy_year_id') }} as claim_payment_key,
        'motor_portfolio' as source_system,
        policy_year_id as claim_payment_id,
        {{ entity_key('motor_portfolio', 'policy_year_id') }} as claim_key,
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        term_ends_on as paid_on,
        claim_cost as amount,
        term_ends_on as occurred_on,
        term_ends_on as known_on,
        is_stale
    from policy_years
    where claim_cost > 0
)

select * from final
