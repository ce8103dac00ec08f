with observations as not materialized (
    select * from {{ ref('features__observation') }}
),

commissions as not materialized (
    select * from {{ ref('fct_commission') }}
    where agent_key is not null
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

-- That an agent left is written over the agent's row, and was not kept before the first landing; that one sells no more
-- shows on its day. Sold, or taken over, is a policy that pays the agent for the first time.
sales as (
    select
        agent_key,
        min(known_on) as sold_on
    from commissions
    group by policy_key, agent_key
),

dates as (
    select distinct as_of_date
    from observations
),

last_sales as (
    select
        sales.agent_key,
        dates.as_of_date,
        max(sales.sold_on) as last_sold_on
    from dates
    inner join sales on dates.as_of_date >= sales.sold_on
    group by sales.agent_key, dates.as_of_date
),

final as (
    select
        observations.unit_key,
        observations.as_of_date - last_sales.last_sold_on as agent_days_since_sale
    from observations
    left join served
        on
            observations.policy_key = served.policy_key
            and observations.as_of_date >= served.served_from
            and (served.served_until is null or observations.as_of_date < served.served_until)
    left join last_sales
        on served.agent_key = last_sales.agent_key and observations.as_of_date = last_sales.as_of_date
)

select * from final
