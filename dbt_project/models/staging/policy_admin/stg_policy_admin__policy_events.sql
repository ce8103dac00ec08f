with accepted as (
    {{ accepted_versions('policy_admin', 'policy_event', ['event_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'event_id') }} as policy_event_key,
        'policy_admin' as source_system,
        event_id::text as policy_event_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        event_type,
        amount,
        reason,
        occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
