with accepted as (
    {{ accepted_versions('policy_admin', 'agent', ['agent_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        'policy_admin' as source_system,
        agent_id::text as agent_id,
        nullif(trim(agent_name), '') as name,
        branch,
        team,
        channel,
        tier,
        hired_on,
        left_on,
        hired_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
