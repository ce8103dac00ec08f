with mapped as (
    {{ union_of_connectors('agents', ['policy_admin']) }}
),

final as (
    select
        agent_key,
        source_system,
        agent_id,
        name,
        branch,
        team,
        channel,
        tier,
        hired_on,
        left_on,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
