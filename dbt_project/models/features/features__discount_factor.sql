{#- One row a year ahead of the edition's date: thirty years, more than any value looks. -#}
with curve as (
    select * from {{ ref('discount_curve') }}
    where valid_from <= {{ today() }}
),

-- The newest curve that holds on the date.
ranked as (
    select
        *,
        lead(year_from) over (partition by valid_from order by year_from) as year_until,
        rank() over (order by valid_from desc) as recency
    from curve
),

held as (
    select * from ranked
    where recency = 1
),

final as (
    select
        {{ today() }} as as_of_date,
        years.year,
        held.rate,
        ((1 + held.rate) ^ -(years.year - 0.5))::numeric(12, 10) as factor
    from generate_series(1, 30) as years (year)
    inner join held
        on years.year >= held.year_from and (held.year_until is null or years.year < held.year_until)
)

select * from final
