with batches as (
    select * from {{ source('ops', 'batch') }}
),

edition_batches as (
    {{ edition_batches() }}
),

control_totals as (
    select * from {{ source('ops', 'control_total') }}
),

newest as (
    select max(batches.batch_id) as batch_id
    from batches
    inner join edition_batches on batches.batch_id = edition_batches.batch_id
    group by batches.source_system, batches.source_table
),

final as (
    select
        md5(concat_ws('|', batches.source_system, control_totals.measure, control_totals.year)) as control_total_key,
        batches.source_system,
        control_totals.measure,
        control_totals.year,
        control_totals.value as source_value,
        control_totals.unreadable as unreadable_value
    from newest
    inner join batches on newest.batch_id = batches.batch_id
    inner join control_totals on newest.batch_id = control_totals.batch_id
)

select * from final
