with claims as (
    select * from {{ ref('fct_claim') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

-- A claim is paid when its last payment is.
payments as (
    select claim_key, max(paid_on) as paid_on
    from {{ ref('fct_claim_payment') }}
    group by claim_key
),

dated as (
    select
        policies.line_of_business,
        coalesce(claims.claim_type, 'unknown') as claim_type,
        claims.reported_on,
        claims.decided_on,
        payments.paid_on
    from claims
    inner join policies on claims.policy_key = policies.policy_key
    left join payments on claims.claim_key = payments.claim_key
    -- A source of policy years dates every step by the year's end: no days are to be read from it.
    where policies.line_of_business is not null and '{{ var("unit_at_risk") }}' = 'policy'
),

-- By the month in which the step ended: claims still open say nothing yet, and leave ended months as they are.
steps as (
    select 'report_to_decision' as step, line_of_business, claim_type, reported_on as from_on, decided_on as to_on
    from dated
    union all
    select 'decision_to_payment' as step, line_of_business, claim_type, decided_on as from_on, paid_on as to_on
    from dated
    union all
    select 'report_to_payment' as step, line_of_business, claim_type, reported_on as from_on, paid_on as to_on
    from dated
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        step,
        line_of_business,
        claim_type,
        date_trunc('month', to_on)::date as ended_month,
        count(*)::integer as claims,
        (percentile_cont(0.5) within group (order by to_on - from_on))::numeric(10, 2) as median_days,
        (percentile_cont(0.9) within group (order by to_on - from_on))::numeric(10, 2) as p90_days
    from steps
    where from_on <= to_on and to_on <= {{ today() }}
    group by step, line_of_business, claim_type, date_trunc('month', to_on)
)

select * from final
