{{ built_by('policy_key') }}

with policy_events as (
    select * from {{ ref('input__policy_events') }}
    {{ only_changed('policy_key') }}
),

-- What an event does to the status. An event that is not listed (a loan) leaves it as it is.
meanings (event_type, status_after, precedence) as (
    values
    ('issued', 'active', 0),
    ('renewed', 'active', 1),
    ('grace_entered', 'grace', 1),
    ('grace_left', 'active', 1),
    ('suspended', 'suspended', 1),
    ('reinstated', 'active', 1),
    ('paid_up', 'paid_up', 1),
    ('premium_waived', 'premium_waived', 1),
    ('surrendered', 'surrendered', 2),
    ('terminated_by_lapse', 'terminated_by_lapse', 2),
    ('claim_terminated', 'claim_terminated', 2),
    ('matured', 'matured', 2),
    ('expired', 'expired', 2),
    ('free_look_cancelled', 'free_look_cancelled', 2)
),

understood as (
    select
        policy_events.*,
        meanings.status_after,
        greatest(policy_events.occurred_on, policy_events.known_on) as in_view_from,
        -- On one day: issue first, endings last, else in the order in which the source numbered them.
        row_number() over (
            partition by policy_events.policy_key
            order by
                policy_events.occurred_on,
                meanings.precedence,
                length(policy_events.policy_event_id),
                policy_events.policy_event_id
        ) as position
    from policy_events
    inner join meanings on policy_events.event_type = meanings.event_type
),

final as (
    select
        policy_event_key,
        policy_key,
        status_after,
        status_after in ('active', 'grace', 'paid_up', 'premium_waived') as in_force_flag,
        occurred_on as valid_from,
        lead(occurred_on) over later as valid_to,
        in_view_from,
        -- A status is seen until any later event is: events may be recorded out of order.
        min(in_view_from) over (later rows between 1 following and unbounded following) as in_view_until,
        known_on,
        is_stale,
        position
    from understood
    window later as (partition by policy_key order by position)
)

select * from final
