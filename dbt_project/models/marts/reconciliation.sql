with inputs as (
    select * from {{ ref('reconciliation_input') }}
),

published as (
    select source_system, measure, year, sum(value) as published
    from {{ ref('reconciliation_record') }}
    group by source_system, measure, year
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        coalesce(inputs.source_system, published.source_system) as source_system,
        coalesce(inputs.measure, published.measure) as measure,
        coalesce(inputs.year, published.year) as year,
        coalesce(inputs.source_value, 0)::numeric(20, 2) as source_value,
        coalesce(published.published, 0)::numeric(20, 2) as published,
        coalesce(inputs.quarantined, 0)::numeric(20, 2) as quarantined,
        (coalesce(inputs.source_value, 0) - coalesce(published.published, 0) - coalesce(inputs.quarantined, 0))
        ::numeric(20, 2) as difference
    from inputs
    full outer join published
        on
            inputs.source_system = published.source_system
            and inputs.measure = published.measure
            and coalesce(inputs.year, 0) = coalesce(published.year, 0)
)

select * from final
