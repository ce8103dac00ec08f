{#- Policies that can still come back: suspended, within the time to reinstate; the nearest deadline first. -#}
with policies as (
    select * from {{ ref('dim_policy') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

assumptions as (
    select * from {{ ref('retention_assumption') }}
),

reasons as (
    select * from {{ ref('churn_reason') }}
),

suspensions as (
    select policy_key, max(valid_from) as suspended_on
    from {{ ref('fct_policy_period') }}
    where
        status = 'suspended'
        and in_view_from <= {{ today() }}
        and (in_view_until is null or in_view_until > {{ today() }})
    group by policy_key
),

-- What weighed most the last time the policy was scored.
last_scores as (
    select distinct on (policy_key)
        policy_key,
        reason_1_code
    from {{ source('ml', 'policy_lapse') }}
    where as_of_date <= {{ today() }} and horizon_months = 12
    order by policy_key asc, as_of_date desc
),

clocks as (
    select
        policies.*,
        suspensions.suspended_on,
        (suspensions.suspended_on + make_interval(months => assumptions.reinstatement_months))::date as reinstate_by
    from policies
    inner join suspensions on policies.policy_key = suspensions.policy_key
    cross join assumptions
    where policies.status = 'suspended'
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        clocks.policy_key,
        clocks.customer_key,
        clocks.agent_key as assigned_agent_key,
        clocks.suspended_on,
        clocks.reinstate_by,
        clocks.reinstate_by - {{ today() }} as days_left,
        clocks.annual_premium as value_at_stake,
        clocks.sum_assured,
        last_scores.reason_1_code as last_reason_code,
        reasons.raises_en as last_reason_en,
        reasons.raises_zh as last_reason_zh,
        'marketing consent granted' as consent_basis
    from clocks
    inner join customers on clocks.customer_key = customers.customer_key
    left join last_scores on clocks.policy_key = last_scores.policy_key
    left join reasons on last_scores.reason_1_code = reasons.reason_code
    where customers.marketing_consent and clocks.reinstate_by >= {{ today() }}
)

select * from final
