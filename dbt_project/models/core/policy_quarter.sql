{#- The last eight quarters, the running one included. -#}
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
    select policy_key, date_trunc('quarter', paid_on)::date as quarter_starts_on, sum(amount) as premium_received
    from {{ ref('fct_premium_payment') }}
    where paid_on <= '{{ var("as_of_date") }}'::date
    group by policy_key, date_trunc('quarter', paid_on)
),

quarters as (
    select
        (date_trunc('quarter', '{{ var("as_of_date") }}'::date) - back * interval '3 months')::date
            as quarter_starts_on,
        least(
            date_trunc('quarter', '{{ var("as_of_date") }}'::date) - (back - 1) * interval '3 months',
            '{{ var("as_of_date") }}'::date + interval '1 day'
        )::date as quarter_ends_before
    from generate_series(0, 7) as back
),

held as (
    select distinct periods.policy_key, quarters.quarter_starts_on
    from quarters
    inner join periods
        on
            quarters.quarter_ends_before > periods.in_view_from
            and (periods.in_view_until is null or quarters.quarter_starts_on < periods.in_view_until)
    where periods.in_force_flag
),

-- A premium may come in after the last day in force; it counts all the same.
touched as (
    select policy_key, quarter_starts_on from held
    union
    select payments.policy_key, payments.quarter_starts_on
    from payments
    inner join quarters on payments.quarter_starts_on = quarters.quarter_starts_on
),

final as (
    select
        policies.policy_key,
        policies.customer_key,
        touched.quarter_starts_on,
        policies.line_of_business,
        policies.channel,
        policies.branch,
        held.policy_key is not null as is_held,
        case when held.policy_key is null then 0 else coalesce(insured.insured_persons, 1) end as insured_persons,
        coalesce(payments.premium_received, 0)::numeric(16, 2) as premium_received
    from touched
    inner join policies on touched.policy_key = policies.policy_key
    left join held on touched.policy_key = held.policy_key and touched.quarter_starts_on = held.quarter_starts_on
    left join payments
        on touched.policy_key = payments.policy_key and touched.quarter_starts_on = payments.quarter_starts_on
    left join insured on touched.policy_key = insured.policy_key
)

select * from final
