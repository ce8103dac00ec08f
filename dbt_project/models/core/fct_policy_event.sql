{{ built_by('policy_key') }}

with policy_events as (
    select * from {{ ref('input__policy_events') }}
    {{ only_changed('policy_key') }}
),

replayed as (
    select * from {{ ref('int_policy_events__replayed') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        policy_events.policy_event_key,
        policy_events.policy_key,
        holders.customer_key,
        policy_events.event_type,
        replayed.status_after,
        policy_events.amount,
        policy_events.reason,
        policy_events.occurred_on,
        policy_events.known_on,
        policy_events.is_stale
    from policy_events
    left join replayed on policy_events.policy_event_key = replayed.policy_event_key
    left join holders on policy_events.policy_key = holders.policy_key
)

select * from final
