with held as (
    select
        policy.customer_key,
        count(*) filter (where policy.in_force_flag) as policies_in_force,
        count(distinct policy.line_of_business) filter (where policy.in_force_flag) as lines_held,
        sum(policy.annual_premium) filter (where policy.in_force_flag and not policy.is_single_pay) as annual_premium,
        sum(policy.sum_assured) filter (where policy.in_force_flag) as sum_assured
    from policy
    group by policy.customer_key
),

received as (
    select
        customer_key,
        sum(amount) as premium_received,
        sum(amount) filter (where paid_on > date '2025-06-30') as premium_received_12m
    from payment
    group by customer_key
),

claimed as (
    select customer_key, sum(amount) as claims_paid
    from claim_payment
    group by customer_key
),

contacted as (
    select customer_key, count(*) filter (where occurred_on > date '2025-06-30') as interactions_12m
    from interaction
    group by customer_key
),

complained as (
    select customer_key, count(*) filter (where occurred_on > date '2025-06-30') as complaints_12m
    from complaint
    group by customer_key
)

select customer.*, held.* exclude (customer_key), received.* exclude (customer_key), claimed.claims_paid,
    contacted.interactions_12m, complained.complaints_12m
from customer
left join held on customer.customer_key = held.customer_key
left join received on customer.customer_key = received.customer_key
left join claimed on customer.customer_key = claimed.customer_key
left join contacted on customer.customer_key = contacted.customer_key
left join complained on customer.customer_key = complained.customer_key
