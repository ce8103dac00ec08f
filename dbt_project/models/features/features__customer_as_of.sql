with contact as (
    select * from {{ ref('features__customer_contact') }}
    where as_of_date in (
        '{{ var("as_of_date") }}'::date, ('{{ var("as_of_date") }}'::date - interval '12 months')::date
    )
),

holding as (
    select * from {{ ref('features__customer_holding') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where not is_prospect
),

policies as (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

dues as (
    select * from {{ ref('fct_premium_due') }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
),

claim_payments as (
    select * from {{ ref('fct_claim_payment') }}
),

-- Commission is the product's rate on each premium received: the first year's or the renewals'.
received as (
    select
        contact.customer_key,
        contact.as_of_date,
        sum(payments.amount) as premium_received_to_date,
        sum(payments.amount) filter (where payments.paid_on > contact.as_of_date - interval '12 months')
            as premium_received_12m,
        sum(payments.amount * case
            when dues.policy_year = 1 then products.first_year_commission_rate else products.renewal_commission_rate
        end) as commission_to_date
    from contact
    inner join payments
        on contact.customer_key = payments.customer_key and contact.as_of_date >= payments.known_on
    inner join policies on payments.policy_key = policies.policy_key
    left join products on policies.product_key = products.product_key
    left join dues
        on payments.premium_due_key = dues.premium_due_key and contact.as_of_date >= dues.known_on
    group by contact.customer_key, contact.as_of_date
),

claimed as (
    select contact.customer_key, contact.as_of_date, sum(claim_payments.amount) as claims_paid_to_date
    from contact
    inner join claim_payments
        on contact.customer_key = claim_payments.customer_key and contact.as_of_date >= claim_payments.known_on
    group by contact.customer_key, contact.as_of_date
),

final as (
    select
        customers.customer_key,
        contact.as_of_date,
        customers.customer_type,
        holding.policies_in_force,
        holding.lines_held,
        holding.holds_life,
        holding.holds_health,
        holding.holds_accident,
        holding.holds_motor,
        holding.holds_property,
        holding.annual_premium_in_force,
        holding.sum_assured_in_force,
        holding.tenure_months,
        coalesce(received.premium_received_12m, 0)::numeric(16, 2) as premium_received_12m,
        coalesce(received.premium_received_to_date, 0)::numeric(16, 2) as premium_received_to_date,
        coalesce(claimed.claims_paid_to_date, 0)::numeric(16, 2) as claims_paid_to_date,
        coalesce(received.commission_to_date, 0)::numeric(16, 2) as commission_to_date,
        contact.interactions_12m,
        contact.digital_share_12m,
        contact.complaints_12m,
        contact.last_survey_score,
        customers.marketing_consent,
        ((contact.as_of_date - customers.birth_date) / 365.25)::numeric(6, 2) as age_years,
        customers.sex,
        customers.province
    from contact
    inner join holding using (customer_key, as_of_date)
    left join received using (customer_key, as_of_date)
    left join claimed using (customer_key, as_of_date)
    inner join customers on contact.customer_key = customers.customer_key
)

select * from final
