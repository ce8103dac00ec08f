{{ config(materialized='table') }}
{%- set before = "'" ~ var('base_as_of_date') ~ "'::date" %}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

agents as (
    select * from {{ ref('input__agents') }}
),

served_before as (
    {{ before_this_build('core', 'customer_servicing', ['customer_key', 'next_renewal_on', 'next_maturity_on']) }}
),

policies_before as (
    {{ before_this_build('core', 'dim_policy', ['customer_key', 'agent_key']) }}
),

agents_before as not materialized (
    {{ before_this_build('core', 'dim_agent', ['agent_key', 'branch', 'left_on']) }}
),

-- Those who left or moved since, or of whom it is known only now.
agents_changed as (
    select coalesce(agents.agent_key, agents_before.agent_key) as agent_key
    from agents
    full join agents_before on agents.agent_key = agents_before.agent_key
    where
        agents.branch is distinct from agents_before.branch
        or coalesce(agents.left_on <= {{ today() }}, false)
        <> coalesce(agents_before.left_on::date <= {{ before }}, false)
),

-- Besides customers that changed: those whose renewal or maturity is past, and those of an agent who left or moved.
final as (
    select customer_key from changed_customers
    union
    select customer_key
    from served_before
    where next_renewal_on::date <= {{ today() }} or next_maturity_on::date < {{ today() }}
    union
    select policies_before.customer_key
    from policies_before
    inner join agents_changed on policies_before.agent_key = agents_changed.agent_key
    where policies_before.customer_key is not null
)

select * from final
