with policies as (
    select * from {{ ref('policy_measure') }}
    where was_in_force is not null
),

summed as (
    select
        product_line,
        channel,
        branch,
        count(*) filter (where was_in_force and is_in_force) as kept,
        count(*) filter (where was_in_force) as held,
        sum(annual_premium) filter (where was_in_force and is_in_force) as kept_premium,
        sum(annual_premium) filter (where was_in_force) as held_premium,
        sum(reinstated) as reinstated,
        sum(windows_closed) as windows_closed
    from policies
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
            ('retention_rate', summed.kept, summed.held),
            ('retention_rate_premium', coalesce(summed.kept_premium, 0), coalesce(summed.held_premium, 0)),
            ('reinstatement_rate', summed.reinstated, summed.windows_closed)
        ) as metrics (metric, numerator, denominator)
)

select * from final
