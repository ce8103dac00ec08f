{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policy_changes', ['policy_admin']) }}
),

final as (
    select
        policy_change_key,
        source_system,
        policy_change_id,
        policy_key,
        change_type,
        requested_on,
        effective_on,
        requested_by,
        old_value,
        new_value,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
