with persistency as not materialized (
    select * from {{ ref('persistency') }}
),

definitions as (
    select
        *,
        row_number() over (partition by family order by months) as link
    from {{ ref('persistency_definition') }}
),

-- The last twelve cohort months of each definition for which grace is over everywhere.
cohorts as (
    select
        definition_id,
        cohort_month,
        row_number() over (partition by definition_id order by cohort_month desc) as recency
    from persistency
    group by definition_id, cohort_month
    having bool_and(is_final)
),

sliced as (
    select
        persistency.definition_id,
        slices.dimension,
        slices.dimension_value,
        min(persistency.cohort_month) as cohort_from,
        max(persistency.cohort_month) as cohort_until,
        sum(persistency.numerator) as numerator,
        sum(persistency.denominator) as denominator,
        sum(persistency.policies)::integer as policies
    from persistency
    inner join cohorts
        on
            persistency.definition_id = cohorts.definition_id
            and persistency.cohort_month = cohorts.cohort_month
            and cohorts.recency <= 12
    cross join
        lateral (
            values
            ('all', 'all'),
            ('product', persistency.product_code),
            ('channel', persistency.channel),
            ('branch', persistency.branch),
            ('agent', persistency.agent_key)
        ) as slices (dimension, dimension_value)
    group by persistency.definition_id, slices.dimension, slices.dimension_value
),

chained as (
    select
        sliced.*,
        definitions.months,
        definitions.method,
        definitions.link,
        sliced.numerator / nullif(sliced.denominator, 0) as ratio,
        count(*) over so_far as links,
        min(sliced.numerator) over so_far as least_numerator,
        sum(ln(nullif(sliced.numerator / nullif(sliced.denominator, 0), 0))) over so_far as log_ratio
    from sliced
    inner join definitions on sliced.definition_id = definitions.definition_id
    window so_far as (
        partition by definitions.family, sliced.dimension, sliced.dimension_value order by definitions.months
    )
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        definition_id,
        months,
        dimension,
        dimension_value,
        cohort_from,
        cohort_until,
        numerator::numeric(18, 2) as numerator,
        denominator::numeric(18, 2) as denominator,
        policies,
        case
            when method = 'cohort' then ratio
            when links < link then null
            when least_numerator = 0 then 0
            else exp(log_ratio)
        end::numeric(9, 6) as persistency
    from chained
)

select * from final
