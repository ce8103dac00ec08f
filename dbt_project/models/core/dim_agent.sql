-- Who served before is looked up before this is replaced. depends_on: {{ ref('int_servicing__changed') }}
with agents as (
    select * from {{ ref('input__agents') }}
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
        known_on,
        is_stale
    from agents
)

select * from final
