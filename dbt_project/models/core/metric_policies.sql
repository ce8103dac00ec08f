with policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

agents as (
    select * from {{ ref('dim_agent') }}
),

described as (
    select
        coalesce(policies.line_of_business, 'unknown') as product_line,
        coalesce(policies.channel, 'unknown') as channel,
        coalesce(policies.branch, 'unknown') as branch,
        policies.in_force_flag,
        policies.in_force_flag
        and coalesce(agents.left_on <= {{ today() }}, false) as is_orphan,
        {{ annual_premium_in_force('policies') }} as annual_premium_in_force,
        {{ annual_premium_equivalent('policies') }} as annual_premium_equivalent,
        coalesce(policies.exit_cause = 'free_look_cancelled', false) as is_free_look_cancelled,
        coalesce(
            policies.issued_on <= {{ today() }}
            and policies.issued_on > {{ today() }} - interval '12 months', false
        ) as is_issued_12m
    from policies
    left join agents on policies.agent_key = agents.agent_key
),

summed as (
    select
        product_line,
        channel,
        branch,
        count(*) filter (where in_force_flag) as in_force_policies,
        coalesce(sum(annual_premium_in_force), 0) as annual_premium_in_force,
        count(*) filter (where is_orphan) as orphan_policies,
        coalesce(sum(annual_premium_equivalent) filter (where is_issued_12m), 0) as ape_12m,
        count(*) filter (where is_issued_12m and is_free_look_cancelled) as free_look_cancelled_12m,
        count(*) filter (where is_issued_12m) as issued_12m
    from described
    group by grouping sets ((), (product_line), (channel), (branch))
),

final as (
    select
        metrics.metric,
        coalesce(summed.product_line, 'all') as product_line,
        coalesce(summed.channel, 'all') as channel,
        coalesce(summed.branch, 'all') as branch,
        metrics.numerator::numeric(18, 2) as numerator,
        metrics.denominator::numeric(18, 2) as denominator
    from summed
    cross join
        lateral (
            values
            ('in_force_policies', summed.in_force_policies, null),
            ('annual_premium_in_force', summed.annual_premium_in_force, null),
            ('orphan_policies', summed.orphan_policies, null),
            ('ape_12m', summed.ape_12m, null),
            ('free_look_cancellation_rate', summed.free_look_cancelled_12m, summed.issued_12m)
        ) as metrics (metric, numerator, denominator)
)

select * from final
