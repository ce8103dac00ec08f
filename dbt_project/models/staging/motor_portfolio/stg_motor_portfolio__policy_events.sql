with policy_years as not materialized (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

issued as (
    select *, 'issued' as event_type, contract_started_on as happened_on, contract_started_on as recorded_on
    from policy_years
    where is_first
),

renewed as (
    select *, 'renewed' as event_type, term_starts_on as happened_on, term_starts_on as recorded_on
    from policy_years
    where not is_first
),

-- Date_lapse is the contract's end, stamped at extraction. It is known from the end of the last policy-year on, so
-- that it can be a label and never a feature; 404 dates before that year began are moved to its beginning.
ended as (
    select
        *,
        case when lapsed_on > term_starts_on and lapsed_on < term_ends_on then 'surrendered' else 'expired' end
            as event_type,
        greatest(lapsed_on, term_starts_on) as happened_on,
        greatest(lapsed_on, term_ends_on) as recorded_on
    from policy_years
    where is_last and lapsed_on is not null
),

events as (
    select * from issued
    union all
    select * from renewed
    union all
    select * from ended
),

final as (
    select
        {{ entity_key('motor_portfolio', ['policy_year_id', 'event_type']) }} as policy_event_key,
        'motor_portfolio' as source_system,
        policy_year_id || '|' || event_type as policy_event_id,
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        event_type,
        case when event_type in ('issued', 'renewed') then premium end as amount,
        null::text as reason,
        happened_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from events
)

select * from final
