{#- The twelve whole calendar months before the business date's; agents by their own channel and branch. -#}
with agents as not materialized (
    select * from {{ ref('dim_agent') }}
),

policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

months as (
    select
        (date_trunc('month', {{ today() }}) - back * interval '1 month')::date as starts_on,
        (date_trunc('month', {{ today() }}) - (back - 1) * interval '1 month')::date as ends_before
    from generate_series(1, 12) as back
),

sold as (
    select
        policies.agent_key,
        date_trunc('month', policies.issued_on)::date as month_starts_on,
        sum({{ annual_premium_equivalent('policies') }}) as annual_premium_equivalent
    from policies
    group by policies.agent_key, date_trunc('month', policies.issued_on)
),

-- An agent stands in every month in which they were contracted for a day.
worked as (
    select
        coalesce(agents.channel, 'unknown') as channel,
        coalesce(agents.branch, 'unknown') as branch,
        (sold.agent_key is not null)::integer as is_active,
        coalesce(sold.annual_premium_equivalent, 0) as annual_premium_equivalent,
        1 as is_contracted,
        0 as is_recruited,
        0 as has_stayed
    from agents
    inner join months
        on coalesce(agents.hired_on < months.ends_before, true) and coalesce(agents.left_on > months.starts_on, true)
    left join sold on agents.agent_key = sold.agent_key and months.starts_on = sold.month_starts_on
    union all
    select
        coalesce(channel, 'unknown'),
        coalesce(branch, 'unknown'),
        0,
        0,
        0,
        1,
        coalesce(left_on > hired_on + interval '13 months', true)::integer
    from agents
    where
        hired_on + interval '13 months' <= {{ today() }}
        and hired_on + interval '25 months' > {{ today() }}
),

summed as (
    select
        channel,
        branch,
        sum(is_active) as active_months,
        sum(is_contracted) as agent_months,
        sum(annual_premium_equivalent) as annual_premium_equivalent,
        sum(has_stayed) as stayed,
        sum(is_recruited) as recruited
    from worked
    group by grouping sets ((), (channel), (branch))
),

final as (
    select
        metrics.metric,
        'all' as product_line,
        coalesce(summed.channel, 'all') as channel,
        coalesce(summed.branch, 'all') as branch,
        metrics.numerator::numeric(18, 2) as numerator,
        metrics.denominator::numeric(18, 2) as denominator
    from summed
    cross join
        lateral (
            values
            ('agent_activity_rate', summed.active_months, summed.agent_months),
            ('agent_productivity', summed.annual_premium_equivalent, summed.agent_months / 12.0),
            ('agent_retention_13m', summed.stayed, summed.recruited)
        ) as metrics (metric, numerator, denominator)
)

select * from final
