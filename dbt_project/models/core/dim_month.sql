with periods as (
    select * from {{ ref('fct_policy_period') }}
),

months as (
    select month_starts_on::date as month_starts_on
    from generate_series(
        (select date_trunc('month', min(valid_from)) from periods), {{ today() }}, interval '1 month'
    ) as month_starts_on
),

final as (
    select
        month_starts_on,
        (month_starts_on + interval '1 month')::date as next_month_starts_on,
        least((month_starts_on + interval '1 month')::date, {{ today() }} + 1) as seen_until
    from months
)

select * from final
