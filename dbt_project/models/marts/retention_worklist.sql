{#- By expected gain: acceptance x (value at risk - p x incentive) - (1 - p) x incentive - cost. -#}
with churn as not materialized (
    select * from {{ ref('customer_churn') }}
),

assumptions as not materialized (
    select * from {{ ref('retention_assumption') }}
),

strategies as not materialized (
    select * from {{ ref('retention_strategy') }}
),

{% set described_by = {
    'customer_values': 'customer_value', 'segments': 'customer_segment',
    'reasons': 'churn_reason', 'talking_points': 'retention_talking_point',
} %}
{% for name, model in described_by.items() %}
    {{ name }} as (
        select * from {{ ref(model) }}
    ),

{% endfor %}
-- A firm is spoken to otherwise than a person.
customers as (
    select customer_key, marketing_consent, coalesce(customer_type, 'person') as customer_type
    from {{ ref('dim_customer') }}
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

capacity as (
    select ceil(max(assumptions.contact_share) * count(*)) as contacts
    from churn
    cross join assumptions
    where churn.policies_at_risk > 0
),

gains as (
    select
        churn.*,
        customers.customer_type,
        customer_values.value_grade,
        customer_values.value_at_risk,
        strategies.strategy_id,
        assumptions.holdout_share,
        (
            assumptions.acceptance_rate * (customer_values.value_at_risk - churn.p_lose_any * strategies.incentive)
            - (1 - churn.p_lose_any) * strategies.incentive - strategies.contact_cost
        )::numeric(16, 2) as expected_gain
    from churn
    inner join customers on churn.customer_key = customers.customer_key
    inner join customer_values on churn.customer_key = customer_values.customer_key
    inner join strategies
        on customers.customer_type = strategies.customer_type and customer_values.value_grade = strategies.value_grade
    cross join assumptions
    where customers.marketing_consent and churn.risk_band in ('high', 'medium')
),

ranked as (
    select
        *,
        row_number() over (order by expected_gain desc, customer_key asc)::integer as rank,
        -- Drawn once a month for each customer.
        {{ share_of('customer_key', "to_char(as_of_date, 'YYYY-MM')") }} < holdout_share as is_holdout
    from gains
    where expected_gain > 0
),

final as (
    select
        ranked.edition_id,
        ranked.as_of_date,
        ranked.rank,
        ranked.customer_key,
        riskiest.policy_key,
        riskiest.agent_key as assigned_agent_key,
        ranked.p_lose_any,
        ranked.premium_at_risk,
        ranked.expected_gain,
        ranked.risk_band,
        ranked.value_grade,
        segments.segment_en,
        segments.segment_zh,
        ranked.reason_1_code as reason_code,
        ranked.reason_1_en as reason_en,
        ranked.reason_1_zh as reason_zh,
        strategies.strategy_id,
        strategies.label_en as strategy_en,
        strategies.label_zh as strategy_zh,
        case when not ranked.is_holdout then strategies.channel end as channel,
        case when not ranked.is_holdout then ranked.as_of_date + strategies.days_to_act end as due_by,
        'marketing consent granted' as consent_basis,
        ranked.value_at_risk,
        ranked.is_holdout,
        case when not ranked.is_holdout then strategies.assigned_role end as assigned_role,
        talking_points.talking_point_en,
        talking_points.talking_point_zh
    from ranked
    inner join riskiest on ranked.customer_key = riskiest.customer_key
    inner join strategies on ranked.strategy_id = strategies.strategy_id
    inner join capacity on ranked.rank <= capacity.contacts
    left join segments on ranked.customer_key = segments.customer_key
    left join reasons on ranked.reason_1_code = reasons.reason_code
    left join talking_points
        on reasons.theme = talking_points.theme and ranked.customer_type = talking_points.customer_type
)

select * from final
