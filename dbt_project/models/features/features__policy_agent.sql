with observations as (
    select * from {{ ref('features__observation') }}
),

commissions as (
    select * from {{ ref('fct_commission') }}
    where agent_key is not null
),

agent_versions as (
    select * from {{ ref('dim_agent_version') }}
    where left_on is not null
),

-- Today's agent of a policy may be one who took it over; who served it on a day is who had been paid for it last.
in_order as (
    select
        policy_key,
        agent_key,
        known_on as served_from,
        lag(agent_key) over earlier as agent_before
    from commissions
    window earlier as (partition by policy_key order by known_on, commission_key)
),

served as (
    select
        policy_key,
        agent_key,
        served_from,
        lead(served_from) over (partition by policy_key order by served_from) as served_until
    from in_order
    where agent_key is distinct from agent_before
),

final as (
    select
        observations.unit_key,
        bool_or(coalesce(observations.as_of_date >= agent_versions.left_on, false)) as agent_has_left
    from observations
    left join served
        on
            observations.policy_key = served.policy_key
            and observations.as_of_date >= served.served_from
            and (served.served_until is null or observations.as_of_date < served.served_until)
    left join agent_versions
        on
            served.agent_key = agent_versions.agent_key
            and observations.as_of_date >= agent_versions.valid_from
            and (agent_versions.valid_to is null or observations.as_of_date < agent_versions.valid_to)
    group by observations.unit_key
)

select * from final
