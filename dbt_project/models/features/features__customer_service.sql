{#- One row a customer or prospect, on the edition's date only. -#}
with customers as (
    select * from {{ ref('dim_customer') }}
),

interactions as not materialized (
    select * from {{ ref('fct_interaction') }}
    where known_on <= {{ today() }} and occurred_on <= {{ today() }}
),

complaints as (
    select * from {{ ref('fct_complaint') }}
    where known_on <= {{ today() }}
),

claims as (
    select * from {{ ref('fct_claim') }}
    where known_on <= {{ today() }}
),

contacted as (
    select customer_key, max(occurred_on) as last_contact_on
    from interactions
    group by customer_key
),

by_channel as (
    select customer_key, channel, count(*) as contacts, max(occurred_on) as last_on
    from interactions
    where occurred_on > {{ today() }} - interval '12 months' and channel is not null
    group by customer_key, channel
),

-- The channel used most; among equals the one used last.
observed as (
    select distinct on (customer_key) customer_key, channel as observed_channel_12m
    from by_channel
    order by customer_key asc, contacts desc, last_on desc, channel asc
),

complained as (
    select customer_key, count(*)::integer as complaints_to_date
    from complaints
    group by customer_key
),

claimed as (
    select customer_key, sum(claim_count)::integer as claims_to_date
    from claims
    group by customer_key
),

final as (
    select
        customers.customer_key,
        {{ today() }} as as_of_date,
        contacted.last_contact_on,
        observed.observed_channel_12m,
        coalesce(complained.complaints_to_date, 0) as complaints_to_date,
        coalesce(claimed.claims_to_date, 0) as claims_to_date
    from customers
    left join contacted on customers.customer_key = contacted.customer_key
    left join observed on customers.customer_key = observed.customer_key
    left join complained on customers.customer_key = complained.customer_key
    left join claimed on customers.customer_key = claimed.customer_key
)

select * from final
