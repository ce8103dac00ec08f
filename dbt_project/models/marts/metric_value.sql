{% set parts = ['policies', 'premiums', 'customers', 'retention', 'agents'] %}

with
{% for part in parts %}
    {{ part }} as (
        select * from {{ ref('metric_' ~ part) }}
    ),

{% endfor %}
rolling as (
    select * from {{ ref('persistency_rolling') }}
    where definition_id in ('CN-REG-13M-PREMIUM', 'CN-CO-13M-PREMIUM')
),

products as (
    select product_code, min(line_of_business) as product_line
    from {{ ref('dim_product') }}
    group by product_code
),

-- The studies' last twelve months: a cell is a month of exposure, twelve of them a policy-year. They know no branch.
{% set studies = ['lapse', 'surrender', 'claim'] %}
studied as (
    {% for study in studies %}
        select
            '{{ study }}' as study,
            coalesce(line_of_business, 'all') as product_line,
            coalesce(channel, 'all') as channel,
            sum(actual_count) as actual_count,
            sum(actual_amount) as actual_amount,
            sum(exposure_count) / 12 as policy_years,
            -- A single premium is not earned anew each year.
            sum(actual_amount) filter (where premium_mode <> 'single') as regular_amount,
            sum(exposure_amount) filter (where premium_mode <> 'single') / 12 as regular_premium
        from {{ ref(study ~ '_experience') }}
        where method = 'policy_month'
        group by grouping sets ((), (line_of_business), (channel))
        {{ '' if loop.last else 'union all' }}
    {% endfor %}
),

experience as (
    select
        metrics.metric,
        studied.product_line,
        studied.channel,
        'all' as branch,
        metrics.numerator,
        metrics.denominator
    from studied
    cross join
        lateral (
            values
            ('lapse', 'lapse_rate_12m', studied.actual_count, studied.policy_years),
            ('surrender', 'surrender_rate_count_12m', studied.actual_count, studied.policy_years),
            ('claim', 'claim_frequency_12m', studied.actual_count, studied.policy_years),
            ('claim', 'claim_severity_12m', studied.actual_amount, studied.actual_count),
            ('claim', 'loss_ratio_12m', studied.regular_amount, studied.regular_premium)
        ) as metrics (study, metric, numerator, denominator)
    where studied.study = metrics.study
),

-- The cohorts of the rolling figure, by line of business: sums of those by product.
placed as (
    select
        case rolling.definition_id
            when 'CN-REG-13M-PREMIUM' then 'persistency_13m_regulatory' else 'persistency_13m_company'
        end as metric,
        case when rolling.dimension = 'product' then coalesce(products.product_line, 'unknown') else 'all' end
            as product_line,
        case when rolling.dimension = 'channel' then rolling.dimension_value else 'all' end as channel,
        case when rolling.dimension = 'branch' then rolling.dimension_value else 'all' end as branch,
        rolling.numerator,
        rolling.denominator
    from rolling
    left join products on rolling.dimension = 'product' and rolling.dimension_value = products.product_code
    where rolling.dimension in ('all', 'product', 'channel', 'branch')
),

kept as (
    select metric, product_line, channel, branch, sum(numerator) as numerator, sum(denominator) as denominator
    from placed
    group by metric, product_line, channel, branch
),

measured as (
    {% for part in parts + ['experience', 'kept'] %}
        select metric, product_line, channel, branch, numerator, denominator
        from {{ part }}
        {{ '' if loop.last else 'union all' }}
    {% endfor %}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        metric,
        product_line,
        channel,
        branch,
        numerator::numeric(18, 2) as numerator,
        denominator::numeric(18, 2) as denominator,
        (numerator / coalesce(denominator, 1))::numeric(20, 6) as value
    from measured
    -- A ratio without a base is no figure, nor is a study of nothing.
    where numerator is not null and denominator is distinct from 0
)

select * from final
