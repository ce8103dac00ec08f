{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policy_events', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        policy_event_key,
        source_system,
        policy_event_id,
        policy_key,
        event_type,
        amount,
        reason,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
