with policy_persistency as (
    select * from {{ ref('policy_persistency') }}
),

definitions as (
    select * from {{ ref('persistency_definition') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

-- A cohort month is shown once the premium asked for is due from all of it; counts, once all of it completed the month.
reached as (
    select
        policy_persistency.*,
        definitions.family,
        policy_persistency.final_from <= {{ today() }} as is_final
    from policy_persistency
    inner join definitions on policy_persistency.definition_id = definitions.definition_id
    where policy_persistency.in_base and policy_persistency.shown_from <= {{ today() }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        reached.definition_id,
        reached.months,
        reached.cohort_month,
        products.product_code,
        coalesce(policies.channel, 'unknown') as channel,
        sum(reached.kept_amount)::numeric(18, 2) as numerator,
        sum(reached.base_amount)::numeric(18, 2) as denominator,
        count(*)::integer as policies,
        bool_and(reached.is_final) as is_final,
        coalesce(policies.branch, 'unknown') as branch,
        coalesce(policies.agent_key, 'none') as agent_key,
        count(*) filter (where reached.is_kept)::integer as policies_kept,
        reached.family,
        reached.basis
    from reached
    inner join policies on reached.policy_key = policies.policy_key
    inner join products on policies.product_key = products.product_key
    group by
        reached.definition_id, reached.months, reached.cohort_month, reached.family, reached.basis,
        products.product_code, coalesce(policies.channel, 'unknown'), coalesce(policies.branch, 'unknown'),
        coalesce(policies.agent_key, 'none')
)

select * from final
