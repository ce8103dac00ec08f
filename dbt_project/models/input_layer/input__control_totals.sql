with mapped as (
    select * from {{ ref('stg_ledger__control_totals') }}
),

final as (
    select
        control_total_key,
        source_system,
        measure,
        year,
        source_value,
        unreadable_value
    from mapped
)

select * from final
