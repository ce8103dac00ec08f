with agents as (
    select * from {{ ref('dim_agent') }}
),

policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

complaints as (
    select * from {{ ref('fct_complaint') }}
    where
        occurred_on <= {{ today() }}
        and occurred_on > {{ today() }} - interval '12 months'
),

commissions as (
    select * from {{ ref('fct_commission') }}
    where
        paid_on <= {{ today() }}
        and paid_on > {{ today() }} - interval '12 months'
),

notes as (
    select * from {{ ref('fct_agent_note') }}
    where
        occurred_on <= {{ today() }}
        and occurred_on > {{ today() }} - interval '12 months'
),

persistency_rolling as (
    select * from {{ ref('persistency_rolling') }}
    where definition_id = 'CN-CO-13M-PREMIUM' and dimension = 'agent'
),

sold as (
    select
        policies.agent_key,
        count(*) as policies_sold_12m,
        sum({{ annual_premium_equivalent('policies') }}) as ape_12m,
        count(distinct date_trunc('month', policies.issued_on)) as active_months_12m
    from policies
    where
        policies.issued_on <= {{ today() }}
        and policies.issued_on > {{ today() }} - interval '12 months'
    group by policies.agent_key
),

held as (
    select
        policies.agent_key,
        count(*) as policies_in_force,
        count(distinct policies.customer_key) as customers_served,
        sum({{ annual_premium_in_force('policies') }}) as annual_premium_in_force
    from policies
    where policies.in_force_flag
    group by policies.agent_key
),

complained as (
    select
        policies.agent_key,
        count(*) as complaints_12m
    from complaints
    inner join policies on complaints.policy_key = policies.policy_key
    group by policies.agent_key
),

earned as (
    select
        agent_key,
        sum(amount) as commission_12m
    from commissions
    group by agent_key
),

written as (
    select
        agent_key,
        count(*) as notes_written_12m
    from notes
    group by agent_key
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        agents.agent_key,
        agents.branch,
        agents.team,
        agents.channel,
        agents.tier,
        agents.hired_on,
        agents.left_on,
        coalesce(agents.left_on <= {{ today() }}, false) as has_left,
        coalesce(sold.policies_sold_12m, 0)::integer as policies_sold_12m,
        coalesce(sold.ape_12m, 0)::numeric(18, 2) as ape_12m,
        coalesce(sold.active_months_12m, 0)::integer as active_months_12m,
        coalesce(earned.commission_12m, 0)::numeric(18, 2) as commission_12m,
        coalesce(held.customers_served, 0)::integer as customers_served,
        coalesce(held.policies_in_force, 0)::integer as policies_in_force,
        coalesce(held.annual_premium_in_force, 0)::numeric(18, 2) as annual_premium_in_force,
        case
            when agents.left_on <= {{ today() }} then coalesce(held.policies_in_force, 0) else 0
        end::integer as orphan_policies,
        coalesce(complained.complaints_12m, 0)::integer as complaints_12m,
        coalesce(written.notes_written_12m, 0)::integer as notes_written_12m,
        persistency_rolling.numerator as persistency_13m_numerator,
        persistency_rolling.denominator as persistency_13m_denominator,
        persistency_rolling.persistency as persistency_13m
    from agents
    left join sold on agents.agent_key = sold.agent_key
    left join held on agents.agent_key = held.agent_key
    left join earned on agents.agent_key = earned.agent_key
    left join written on agents.agent_key = written.agent_key
    left join complained on agents.agent_key = complained.agent_key
    left join persistency_rolling on agents.agent_key = persistency_rolling.dimension_value
)

select * from final
