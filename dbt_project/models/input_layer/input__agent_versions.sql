with mapped as (
    {{ union_of_connectors('agent_versions', ['policy_admin']) }}
),

final as (
    select
        agent_key,
        source_system,
        version_id,
        seen_on,
        is_deleted,
        branch,
        team,
        channel,
        tier,
        left_on,
        known_on
    from mapped
)

select * from final
