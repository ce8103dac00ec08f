with periods as (
    select * from {{ ref('fct_policy_period') }}
    where known_on <= {{ today() }}
),

policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

-- One insured a policy; a policy on several lives is studied by the first of them.
insured as (
    select distinct on (policy_key) policy_key, customer_key
    from {{ ref('policy_customer') }}
    where role = 'insured' and known_on <= {{ today() }}
    order by policy_key, customer_key
),

customers as (
    select * from {{ ref('dim_customer') }}
),

-- Before the first term that the source delivers nobody would have seen the policy leave.
observed as (
    select policy_key, min(term_starts_on) as observed_from
    from {{ ref('fct_policy_term') }}
    group by policy_key
),

deaths as (
    select distinct claims.policy_key
    from {{ ref('fct_claim') }} as claims
    inner join {{ ref('death_claim_type') }} as types on claims.claim_type = types.claim_type
    where claims.known_on <= {{ today() }}
),

-- The status is what was known by as_of_date; of several on one day the last one counts.
history as (
    select *, lead(valid_from) over in_order as next_from
    from periods
    window in_order as (partition by policy_key order by valid_from, valid_to nulls last, policy_period_key)
),

-- Where being at risk begins or ends.
turns as (
    select
        *,
        lead(valid_from) over in_order as left_from,
        lead(status) over in_order as left_to
    from (
        select
            history.policy_key,
            history.status,
            history.valid_from,
            risks.risk,
            risks.is_at_risk,
            lag(risks.is_at_risk) over (
                partition by history.policy_key, risks.risk order by history.valid_from
            ) as was_at_risk
        from history
        cross join
            lateral (
                values ('premium_paying', history.status in ('active', 'grace')), ('in_force', history.in_force_flag)
            ) as risks (risk, is_at_risk)
        where history.next_from is null or history.next_from > history.valid_from
    ) as marked
    where is_at_risk is distinct from was_at_risk
    window in_order as (partition by policy_key, risk order by valid_from)
),

dated as (
    select
        turns.policy_key,
        turns.risk,
        turns.left_to,
        coalesce(policies.effective_on, policies.issued_on, turns.valid_from) as anchored_on,
        greatest(turns.valid_from, policies.effective_on, observed.observed_from) as entered_on,
        -- A cover that runs out is dated the day after its last day.
        turns.left_from - (turns.left_to in ('expired', 'matured'))::integer as left_on
    from turns
    inner join policies on turns.policy_key = policies.policy_key
    left join observed on turns.policy_key = observed.policy_key
    where turns.is_at_risk
),

final as (
    select
        md5(dated.policy_key || '|' || dated.risk || '|' || dated.entered_on) as exposure_spell_key,
        dated.policy_key,
        {{ today() }} as as_of_date,
        dated.risk,
        dated.anchored_on,
        dated.entered_on,
        dated.left_on,
        case
            when dated.left_to = 'claim_terminated' and deaths.policy_key is not null then 'death'
            else dated.left_to
        end as exit_cause,
        products.product_code,
        policies.line_of_business,
        coalesce(policies.is_long_term, false) as is_long_term,
        coalesce(policies.channel, 'unknown') as channel,
        coalesce(policies.premium_mode, 'unknown') as premium_mode,
        customers.birth_date,
        coalesce(customers.sex, 'unknown') as sex,
        policies.annual_premium,
        policies.sum_assured
    from dated
    inner join policies on dated.policy_key = policies.policy_key
    inner join products on policies.product_key = products.product_key
    left join insured on dated.policy_key = insured.policy_key
    left join customers on insured.customer_key = customers.customer_key
    left join deaths on dated.policy_key = deaths.policy_key
    where dated.left_on is null or dated.left_on >= dated.entered_on
)

select * from final
