-- Accounting identities: what is paid on claims adds up, who holds a policy is no prospect, what ended is not in force.
{{ config(tags=['severity_stop', 'hurts_customer_value', 'hurts_customer_360', 'hurts_persistency']) }}

with claims as (
    select * from {{ ref('fct_claim') }}
    {{ only_changed('policy_key') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    {{ only_changed('customer_key') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
    {{ only_changed('policy_key') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
    {{ only_changed('policy_key') }}
),

paid as (
    select
        claims.claim_key as broken_key,
        'paid amount is not the sum of its payments' as identity
    from claims
    left join {{ ref('fct_claim_payment') }} as payments on claims.claim_key = payments.claim_key
    group by claims.claim_key, claims.paid_amount
    having claims.paid_amount <> coalesce(sum(payments.amount), 0)
),

held as (
    select
        customers.customer_key,
        'a customer without a policy, or a prospect with one'
    from customers
    left join {{ ref('policy_customer') }} as held on customers.customer_key = held.customer_key
    group by customers.customer_key, customers.is_prospect
    having customers.is_prospect <> (count(held.policy_key) = 0)
),

in_force as (
    select
        policy_key,
        'in force and ended'
    from policies
    where in_force_flag and (ended_on is not null or status is null)
),

in_view as (
    select
        policy_key,
        'two statuses in view'
    from periods
    where
        in_view_from <= {{ today() }}
        and (in_view_until is null or in_view_until > {{ today() }})
    group by policy_key
    having count(*) > 1
)

select * from paid
union all
select * from held
union all
select * from in_force
union all
select * from in_view
