with policies as (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

definitions as (
    select * from {{ ref('persistency_definition') }}
),

second_year_dues as (
    select policy_key, min(due_on) as due_on, (array_agg(premium_due_key order by due_on))[1] as premium_due_key
    from {{ ref('fct_premium_due') }}
    where policy_year = 2
    group by policy_key
),

payments as (
    select premium_due_key, min(paid_on) as paid_on
    from {{ ref('fct_premium_payment') }}
    group by premium_due_key
),

cohort as (
    select
        policies.policy_key,
        date_trunc('month', policies.effective_on)::date as cohort_month,
        products.product_code,
        policies.channel,
        policies.annual_premium,
        payments.paid_on <= second_year_dues.due_on + {{ var('grace_days') }} as is_kept
    from policies
    inner join products on policies.product_key = products.product_key
    left join second_year_dues on policies.policy_key = second_year_dues.policy_key
    left join payments on second_year_dues.premium_due_key = payments.premium_due_key
    where
        policies.is_long_term
        and not policies.is_single_pay
        and coalesce(policies.exit_cause, '') not in ('free_look_cancelled', 'claim_terminated')
        and date_trunc('month', policies.effective_on) + interval '13 months' <= '{{ var("as_of_date") }}'::date
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        '{{ var("as_of_date") }}'::date as as_of_date,
        definitions.definition_id,
        definitions.months,
        cohort.cohort_month,
        cohort.product_code,
        cohort.channel,
        coalesce(sum(cohort.annual_premium) filter (where cohort.is_kept), 0)::numeric(18, 2) as numerator,
        sum(cohort.annual_premium)::numeric(18, 2) as denominator,
        count(*)::integer as policies,
        cohort.cohort_month + interval '13 months' + interval '{{ var("grace_days") }} days'
        < '{{ var("as_of_date") }}'::date as is_final
    from cohort
    cross join definitions
    group by definitions.definition_id, definitions.months, cohort.cohort_month, cohort.product_code, cohort.channel
)

select * from final
