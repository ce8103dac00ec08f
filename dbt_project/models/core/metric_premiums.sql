with policies as (
    select * from {{ ref('policy_measure') }}
    where coalesce(first_year_premium, renewal_premium, single_premium) is not null
),

summed as (
    select
        product_line,
        channel,
        branch,
        coalesce(sum(first_year_premium), 0) as first_year,
        coalesce(sum(renewal_premium), 0) as renewal,
        coalesce(sum(single_premium), 0) as single
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
        null::numeric(18, 2) as denominator
    from summed
    cross join
        lateral (
            values
            ('first_year_premium_received_12m', summed.first_year),
            ('renewal_premium_received_12m', summed.renewal),
            ('single_premium_received_12m', summed.single)
        ) as metrics (metric, numerator)
)

select * from final
