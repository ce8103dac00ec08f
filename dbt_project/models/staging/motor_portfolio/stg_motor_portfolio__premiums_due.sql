with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'policy_year_id') }} as premium_due_key,
        'motor_portfolio' as source_system,
        policy_year_id as premium_due_id,
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        term_starts_on as due_on,
        premium as amount,
        1 + round((term_starts_on - contract_started_on) / 365.25)::integer as policy_year,
        term_starts_on as occurred_on,
        term_starts_on as known_on,
        is_stale
    from policy_years
)

select * from final
