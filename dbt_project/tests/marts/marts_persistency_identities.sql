-- What must hold of persistency whatever the data: parts add up to the whole, wider exclusions leave less.
{{ config(tags=['severity_stop', 'hurts_persistency', 'hurts_persistency_rolling']) }}

with persistency as (
    select * from {{ ref('persistency') }}
),

rolling as (
    select * from {{ ref('persistency_rolling') }}
),

totals as (
    select
        family,
        months,
        sum(policies) as policies
    from persistency
    group by family, months
),

counts as (
    select
        definition_id,
        'a count is not the number of its policies' as broken
    from persistency
    where basis = 'count' and (numerator <> policies_kept or denominator <> policies)
),

kept as (
    select
        definition_id,
        'more policies kept than there are'
    from persistency
    where policies_kept > policies
),

bases as (
    select
        wide.family || ' ' || wide.months::text,
        'excluding more leaves more'
    from totals as narrow
    inner join totals as wide on narrow.months = wide.months
    where narrow.family = 'CN-REG' and wide.family = 'CN-CO' and narrow.policies > wide.policies
),

slices as (
    select
        definition_id,
        'slices do not add up to the whole'
    from rolling
    group by definition_id, dimension
    having
        sum(denominator) <> max((
            select whole.denominator from rolling as whole
            where whole.definition_id = rolling.definition_id and whole.dimension = 'all'
        ))
)

select * from counts
union all
select * from kept
union all
select * from bases
union all
select * from slices
