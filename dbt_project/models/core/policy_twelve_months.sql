{#- A view, as policy_month is: what one mart adds up. -#}
{{ config(materialized='view') }}

{% set until = today() %}
{% set since = "(" ~ until ~ " - interval '12 months')" %}

with policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

claims as (
    select policy_key, sum(claim_count) as claims
    from {{ ref('fct_claim') }}
    where reported_on > {{ since }} and reported_on <= {{ until }}
    group by policy_key
),

complaints as (
    select policy_key, count(*) as complaints
    from {{ ref('fct_complaint') }}
    where occurred_on > {{ since }} and occurred_on <= {{ until }}
    group by policy_key
),

-- As in the lapse study: a long-term policy lapses when it is suspended, a one-year one when not renewed.
lives as (
    select
        periods.policy_key,
        sum(
            least(coalesce(periods.valid_to, 'infinity'), {{ until }} + 1)
            - greatest(periods.valid_from, {{ since }}::date + 1)
        ) filter (where periods.in_force_flag and coalesce(periods.valid_to > {{ since }}::date + 1, true))
        / 365.25 as policy_years,
        count(*) filter (
            where periods.valid_from > {{ since }}
            and periods.status = case when policies.is_long_term then 'suspended' else 'expired' end
        ) as lapses,
        count(*) filter (where periods.valid_from > {{ since }} and periods.status = 'surrendered') as surrenders
    from periods
    inner join policies on periods.policy_key = policies.policy_key
    where periods.valid_from <= {{ until }}
    group by periods.policy_key
),

final as (
    select
        policies.policy_key,
        policies.customer_key,
        policies.product_key,
        policies.in_force_flag,
        {{ annual_premium_in_force('policies') }}::numeric(16, 2) as annual_premium_in_force,
        {{ annual_premium_equivalent('policies') }}::numeric(18, 3) as annual_premium_equivalent,
        coalesce(policies.issued_on > {{ since }} and policies.issued_on <= {{ until }}, false) as is_issued,
        coalesce(lives.policy_years, 0)::numeric(9, 6) as policy_years,
        coalesce(lives.lapses, 0)::integer as lapses,
        coalesce(lives.surrenders, 0)::integer as surrenders,
        coalesce(claims.claims, 0)::integer as claims,
        coalesce(complaints.complaints, 0)::integer as complaints
    from policies
    left join lives on policies.policy_key = lives.policy_key
    left join claims on policies.policy_key = claims.policy_key
    left join complaints on policies.policy_key = complaints.policy_key
)

select * from final
