{#- The numbers behind the champions, for BI: each metric beside the same metric of each baseline. -#}
with runs as (
    select * from {{ source('ml', 'model_run') }}
    where is_champion
),

metrics as (
    select runs.model_run_id, runs.model_name, entry.key as metric, entry.value::text::numeric as value
    from runs
    cross join lateral jsonb_each(runs.metrics) as entry
    where jsonb_typeof(entry.value) = 'number'
),

baselines as (
    select runs.model_run_id, baseline.key as baseline, entry.key as metric, entry.value::text::numeric as value
    from runs
    cross join lateral jsonb_each(runs.baseline) as baseline
    cross join
        lateral jsonb_each(case when jsonb_typeof(baseline.value) = 'object' then baseline.value else '{}' end)
            as entry
    where jsonb_typeof(entry.value) = 'number'
),

newest as (
    select model_name, max(model_run_id) as model_run_id
    from {{ source('ml', 'model_run') }}
    where as_of_date <= {{ today() }}
    group by model_name
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        metrics.model_name,
        metrics.metric,
        coalesce(baselines.baseline, 'none') as baseline,
        metrics.value::numeric(20, 6) as value,
        baselines.value::numeric(20, 6) as baseline_value,
        metrics.model_run_id,
        metrics.model_run_id < newest.model_run_id as is_stale
    from metrics
    inner join newest on metrics.model_name = newest.model_name
    left join baselines on metrics.model_run_id = baselines.model_run_id and metrics.metric = baselines.metric
)

select * from final
