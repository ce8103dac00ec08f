-- A label says what is known when horizon and grace are over, whatever is recorded later.
with observations as not materialized (
    select *, horizon_ends_on + {{ var('grace_days') }} as label_known_on
    from {{ ref('features__observation') }}
),

events as (
    select * from {{ ref('fct_policy_event') }}
    where known_on <= {{ today() }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
    where known_on <= {{ today() }}
),

terms as materialized (
    select
        *,
        lead(premium) over following as next_premium,
        lead(policy_term_key) over following is null as is_last
    from {{ ref('fct_policy_term') }}
    window following as (partition by policy_key order by term_starts_on)
),

-- What each end counts as. Suspension is a lapse, whatever becomes of it; cover of a year that is not renewed too.
causes (event_type, exit_cause) as (
    values
    ('suspended', 'lapse'),
    ('terminated_by_lapse', 'lapse'),
    ('expired', 'lapse'),
    ('surrendered', 'surrender'),
    ('claim_terminated', 'claim'),
    ('matured', 'other'),
    ('free_look_cancelled', 'other')
),

-- The first exit within the horizon. A term's contract ends when it was its last and an end is recorded.
exits as (
    select distinct on (observations.unit_key)
        observations.unit_key,
        causes.exit_cause,
        causes.exit_cause in ('lapse', 'surrender') as is_by_choice,
        least(12, greatest(1, ceil(
            12.0 * (events.occurred_on - observations.as_of_date)
            / (observations.horizon_ends_on - observations.as_of_date)
        )))::integer as exit_month
    from observations
    inner join events
        on observations.policy_key = events.policy_key and observations.label_known_on >= events.known_on
    inner join causes on events.event_type = causes.event_type
    left join terms on observations.policy_term_key = terms.policy_term_key
    where
        (observations.policy_term_key is not null and terms.is_last)
        or (
            observations.policy_term_key is null
            and events.occurred_on > observations.as_of_date
            and events.occurred_on <= observations.horizon_ends_on
        )
    order by observations.unit_key, events.occurred_on, events.policy_event_key
),

received as (
    select observations.unit_key, sum(payments.amount) as premium_received
    from observations
    inner join payments
        on
            observations.policy_key = payments.policy_key
            and observations.as_of_date < payments.paid_on
            and observations.horizon_ends_on >= payments.paid_on
            and observations.label_known_on >= payments.known_on
    where observations.policy_term_key is null
    group by observations.unit_key
),

dated as (
    select
        *,
        label_known_on <= {{ today() }} as is_mature
    from observations
),

-- Until horizon and grace are over there is no label, not even of those who have left already: who stays is not known.
final as (
    select
        dated.unit_key,
        dated.as_of_date,
        dated.horizon_ends_on,
        case when dated.is_mature then coalesce(exits.is_by_choice, false) end as exit_within_horizon,
        case when dated.is_mature then exits.exit_cause end as exit_cause,
        case when dated.is_mature then exits.exit_month end as exit_month,
        dated.is_mature,
        dated.label_known_on,
        case
            when not dated.is_mature then null
            when dated.policy_term_key is null then coalesce(received.premium_received, 0)
            when exits.is_by_choice then 0
            else terms.next_premium
        end::numeric(16, 2) as next_premium
    from dated
    left join exits on dated.unit_key = exits.unit_key
    left join terms on dated.policy_term_key = terms.policy_term_key
    left join received on dated.unit_key = received.unit_key
)

select * from final
