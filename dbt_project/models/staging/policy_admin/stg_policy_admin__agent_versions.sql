with history as (
    {{ accepted_history('policy_admin', 'agent', ['agent_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        'policy_admin' as source_system,
        _version_id as version_id,
        seen_on,
        _is_deleted as is_deleted,
        branch,
        team,
        channel,
        tier,
        left_on,
        -- A deletion has no row to say when it was recorded.
        coalesce(recorded_on, seen_on) as known_on
    from history
)

select * from final
