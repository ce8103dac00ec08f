{{ config(materialized='view') }}

with months as (
    select * from {{ ref('dim_month') }}
),

bounds as (
    select min(month_starts_on) as first_day, max(next_month_starts_on) - 1 as last_day from months
),

final as (
    select bounds.first_day + days.n as day_on
    from bounds
    cross join generate_series(0, bounds.last_day - bounds.first_day) as days (n)
)

select * from final
