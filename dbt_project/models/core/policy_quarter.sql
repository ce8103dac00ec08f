{#- The last eight quarters, the running one included; a view, as policy_month is: one mart alone asks for it. -#}
{{ config(materialized='view') }}

with policies as (
    select * from {{ ref('dim_policy') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

insured as (
    select policy_key, count(distinct customer_key)::integer as insured_persons
    from {{ ref('policy_customer') }}
    where role = 'insured'
    group by policy_key
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
    where paid_on <= {{ today() }}
),

quarters as (
    select
        (date_trunc('quarter', {{ today() }}) - back * interval '3 months')::date
            as quarter_starts_on,
        least(
            date_trunc('quarter', {{ today() }}) - (back - 1) * interval '3 months',
            {{ today() }} + interval '1 day'
        )::date as quarter_ends_before
    from generate_series(0, 7) as back
),

paid as (
    select
        payments.policy_key,
        quarters.quarter_starts_on,
        false as is_held,
        payments.amount as premium_received
    from payments
    inner join quarters
        on payments.paid_on >= quarters.quarter_starts_on and payments.paid_on < quarters.quarter_ends_before
),

held as (
    select
        periods.policy_key,
        quarters.quarter_starts_on,
        true as is_held,
        0 as premium_received
    from quarters
    inner join periods
        on
            quarters.quarter_ends_before > periods.in_view_from
            and (periods.in_view_until is null or quarters.quarter_starts_on < periods.in_view_until)
    where periods.in_force_flag
),

-- A premium may come in after the last day in force; it counts all the same.
touched as (
    select * from held
    union all
    select * from paid
),

by_quarter as (
    select
        policy_key,
        quarter_starts_on,
        bool_or(is_held) as is_held,
        sum(premium_received)::numeric(16, 2) as premium_received
    from touched
    group by policy_key, quarter_starts_on
),

final as (
    select
        policies.policy_key,
        policies.customer_key,
        by_quarter.quarter_starts_on,
        policies.line_of_business,
        policies.channel,
        policies.branch,
        by_quarter.is_held,
        case when by_quarter.is_held then coalesce(insured.insured_persons, 1) else 0 end as insured_persons,
        by_quarter.premium_received
    from by_quarter
    inner join policies on by_quarter.policy_key = policies.policy_key
    left join insured on by_quarter.policy_key = insured.policy_key
)

select * from final
