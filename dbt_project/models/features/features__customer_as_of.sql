with contact as (
    select * from {{ ref('features__customer_contact') }}
    where as_of_date = {{ today() }}
),

holding as (
    select * from {{ ref('features__customer_holding') }}
),

payments as (
    select * from {{ ref('features__customer_payments') }}
),

claims as (
    select * from {{ ref('features__customer_claims') }}
),

balance as (
    select * from {{ ref('features__customer_balance') }}
),

cost as (
    select * from {{ ref('features__customer_cost') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    where not is_prospect
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
        payments.premium_received_12m,
        payments.premium_received_to_date,
        claims.claims_paid_to_date,
        payments.commission_to_date,
        contact.interactions_12m,
        contact.digital_share_12m,
        {% for way in ways_of_contact() %}
            contact.{{ way }}_share_12m,
        {% endfor %}
        contact.complaints_12m,
        contact.last_survey_score,
        customers.marketing_consent,
        ((contact.as_of_date - customers.birth_date) / 365.25)::numeric(6, 2) as age_years,
        customers.sex,
        customers.province,
        {% for months in [1, 3, 6] %}
            contact.interactions_{{ months }}m,
            contact.complaints_{{ months }}m,
        {% endfor %}
        {% for months in windows() %}
            payments.payments_late_{{ months }}m,
            payments.payments_missed_{{ months }}m,
            claims.claims_count_{{ months }}m,
        {% endfor %}
        contact.interactions_trend,
        contact.days_since_contact,
        contact.survey_score_change,
        contact.surveys_12m,
        payments.payments_late_trend,
        payments.premium_received_change_ratio,
        payments.commission_12m,
        claims.claims_paid_12m,
        balance.loans_outstanding,
        balance.cash_value,
        balance.loan_to_cash_value,
        cost.service_cost_12m
    from contact
    inner join holding using (customer_key, as_of_date)
    inner join payments using (customer_key, as_of_date)
    inner join claims using (customer_key, as_of_date)
    inner join balance using (customer_key, as_of_date)
    inner join cost using (customer_key, as_of_date)
    inner join customers on contact.customer_key = customers.customer_key
)

select * from final
