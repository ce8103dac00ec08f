with control_totals as (
    select * from {{ ref('input__control_totals') }}
),

quarantined as not materialized (
    select * from {{ ref('input__quarantined_values') }}
),

published as (
    select * from {{ ref('reconciliation_record') }}
),

-- What the quarantined version says, less what the edition still says of the same record (its last accepted version).
withheld as (
    select source_system, measure, year, value
    from quarantined
    union all
    select published.source_system, published.measure, published.year, -published.value
    from published
    inner join quarantined
        on published.measure = quarantined.measure and published.record_key = quarantined.record_key
),

totals as (
    select source_system, measure, year, source_value, unreadable_value as quarantined
    from control_totals
    union all
    select source_system, measure, year, 0, value
    from withheld
),

final as (
    select
        source_system,
        measure,
        year,
        sum(source_value) as source_value,
        sum(quarantined) as quarantined
    from totals
    group by source_system, measure, year
)

select * from final
