{#- Who to call first: expected gain = acceptance x premium expected to be lost - cost of the contact. -#}
with churn as (
    select * from {{ ref('customer_churn') }}
),

customer_values as (
    select * from {{ ref('customer_value') }}
),

segments as (
    select * from {{ ref('customer_segment') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

assumptions as (
    select * from {{ ref('retention_assumption') }}
),

strategies as (
    select * from {{ ref('retention_strategy') }}
),

-- The policy that is most likely to go stands for the customer.
riskiest as (
    select distinct on (policies.customer_key)
        policies.customer_key,
        policies.policy_key,
        core_policies.agent_key
    from {{ ref('policy_360') }} as policies
    inner join {{ ref('dim_policy') }} as core_policies on policies.policy_key = core_policies.policy_key
    where policies.p_churn is not null and policies.in_force_flag
    order by policies.customer_key asc, policies.p_churn desc, policies.policy_key asc
),

gains as (
    select
        churn.*,
        riskiest.policy_key,
        riskiest.agent_key,
        customer_values.value_grade,
        segments.segment_en,
        segments.segment_zh,
        (assumptions.acceptance_rate * churn.premium_at_risk - assumptions.contact_cost)::numeric(16, 2)
            as expected_gain
    from churn
    inner join customers on churn.customer_key = customers.customer_key
    inner join riskiest on churn.customer_key = riskiest.customer_key
    left join customer_values on churn.customer_key = customer_values.customer_key
    left join segments on churn.customer_key = segments.customer_key
    cross join assumptions
    where customers.marketing_consent and churn.risk_band in ('high', 'medium')
),

final as (
    select
        gains.edition_id,
        gains.as_of_date,
        row_number() over (order by gains.expected_gain desc, gains.customer_key asc)::integer as rank,
        gains.customer_key,
        gains.policy_key,
        gains.agent_key as assigned_agent_key,
        gains.p_lose_any,
        gains.premium_at_risk,
        gains.expected_gain,
        gains.risk_band,
        gains.value_grade,
        gains.segment_en,
        gains.segment_zh,
        gains.reason_1_code as reason_code,
        gains.reason_1_en as reason_en,
        gains.reason_1_zh as reason_zh,
        strategies.strategy_id,
        strategies.label_en as strategy_en,
        strategies.label_zh as strategy_zh,
        strategies.channel,
        gains.as_of_date + strategies.days_to_act as due_by,
        'marketing consent granted' as consent_basis
    from gains
    left join strategies on gains.value_grade = strategies.value_grade
    where gains.expected_gain > 0
)

select * from final
