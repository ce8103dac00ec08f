with policies as (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

payments as (
    select policy_key, sum(amount) as premium_received, max(paid_on) as last_paid_on
    from {{ ref('fct_premium_payment') }}
    group by policy_key
),

claims as (
    select policy_key, sum(claim_count)::integer as claims, sum(paid_amount) as claims_paid
    from {{ ref('fct_claim') }}
    group by policy_key
),

scores as (
    select * from {{ source('ml', 'policy_lapse') }}
    where as_of_date = {{ today() }} and horizon_months = 12
),

soon as (
    select * from {{ source('ml', 'policy_lapse') }}
    where as_of_date = {{ today() }} and horizon_months = 3
),

reasons as (
    select * from {{ ref('churn_reason') }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        policies.policy_key,
        policies.policy_number,
        policies.customer_key,
        products.product_code,
        products.name_en as product_en,
        products.name_zh as product_zh,
        policies.line_of_business,
        policies.channel,
        policies.branch,
        policies.status,
        policies.in_force_flag,
        policies.issued_on,
        policies.effective_on,
        policies.expires_on,
        policies.ended_on,
        policies.exit_cause,
        policies.premium_mode,
        policies.annual_premium,
        policies.sum_assured,
        policies.currency,
        coalesce(payments.premium_received, 0)::numeric(16, 2) as premium_received,
        payments.last_paid_on,
        coalesce(claims.claims, 0) as claims,
        coalesce(claims.claims_paid, 0)::numeric(16, 2) as claims_paid,
        scores.p_churn::numeric(8, 6) as p_churn,
        scores.baseline_p_churn::numeric(8, 6) as baseline_p_churn,
        soon.p_churn::numeric(8, 6) as p_churn_3m,
        scores.p_lapse::numeric(8, 6) as p_lapse,
        scores.p_surrender::numeric(8, 6) as p_surrender,
        scores.p_claim_exit::numeric(8, 6) as p_claim_exit,
        scores.expected_months::numeric(8, 4) as expected_months,
        scores.risk_decile::integer as risk_decile,
        scores.reason_1_code,
        scores.reason_1_effect::numeric(10, 6) as reason_1_effect,
        policies.is_stale,
        case when scores.reason_1_effect < 0 then reasons.lowers_en else reasons.raises_en end as reason_1_en,
        case when scores.reason_1_effect < 0 then reasons.lowers_zh else reasons.raises_zh end as reason_1_zh
    from policies
    left join products on policies.product_key = products.product_key
    left join payments on policies.policy_key = payments.policy_key
    left join claims on policies.policy_key = claims.policy_key
    left join scores on policies.policy_key = scores.policy_key
    left join reasons on scores.reason_1_code = reasons.reason_code
    left join soon on policies.policy_key = soon.policy_key
)

select * from final
