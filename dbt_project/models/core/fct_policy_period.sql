{{ built_by('policy_key') }}

with replayed as (
    select * from {{ ref('int_policy_events__replayed') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        replayed.policy_event_key as policy_period_key,
        replayed.policy_key,
        holders.customer_key,
        replayed.status_after as status,
        replayed.in_force_flag,
        replayed.valid_from,
        replayed.valid_to,
        replayed.in_view_from,
        replayed.in_view_until,
        replayed.known_on,
        replayed.is_stale
    from replayed
    left join holders on replayed.policy_key = holders.policy_key
)

select * from final
