with customers as not materialized (
    select * from {{ ref('customer_360') }}
),

policies as (
    select * from {{ ref('policy_360') }}
),

worklist as (
    select * from {{ ref('retention_worklist') }}
),

measures as not materialized (
    select * from {{ ref('metric_value') }}
    where product_line = 'all' and channel = 'all' and branch = 'all'
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        '{{ var("insurer") }}' as insurer,
        '{{ var("currency") }}' as currency,
        (
            select coalesce(sum(value), 0)::bigint from measures
            where metric = 'customers'
        ) as customers,
        (
            select count(*) from customers
            where is_prospect
        ) as prospects,
        (
            select count(*) from policies
            where in_force_flag
        ) as policies_in_force,
        (
            select coalesce(sum(value), 0)::numeric(18, 2) from measures
            where metric = 'annual_premium_in_force'
        ) as annual_premium_in_force,
        (select count(*) from worklist) as retention_worklist_entries,
        (
            select count(*) from customers
            where not is_prospect
        ) as customers_ever
)

select * from final
