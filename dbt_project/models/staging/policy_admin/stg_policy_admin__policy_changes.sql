with accepted as (
    {{ accepted_versions('policy_admin', 'policy_change', ['policy_change_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'policy_change_id') }} as policy_change_key,
        'policy_admin' as source_system,
        policy_change_id::text as policy_change_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        change_type,
        requested_on,
        effective_on,
        requested_by,
        old_value,
        new_value,
        coalesce(effective_on, requested_on) as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
