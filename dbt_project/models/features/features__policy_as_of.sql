with observations as not materialized (
    select * from {{ ref('features__observation') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

versions as (
    select * from {{ ref('dim_policy_version') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

objects as (
    select distinct on (policy_key) *
    from {{ ref('dim_insured_object') }}
    order by policy_key, known_on, insured_object_key
),

terms as (
    select
        *,
        lag(premium) over (partition by policy_key order by term_starts_on) as previous_premium
    from {{ ref('fct_policy_term') }}
),

payments as (
    select * from {{ ref('features__policy_payments') }}
),

history as (
    select * from {{ ref('features__policy_history') }}
),

balance as (
    select * from {{ ref('features__policy_balance') }}
),

standing as (
    select * from {{ ref('features__policy_standing') }}
),

agent as (
    select * from {{ ref('features__policy_agent') }}
),

contact as (
    select * from {{ ref('features__customer_contact') }}
),

holding as (
    select * from {{ ref('features__customer_holding') }}
),

final as (
    select
        observations.unit_key,
        observations.policy_key,
        observations.customer_key,
        customers.customer_type,
        observations.as_of_date,
        observations.is_current,
        observations.horizon_ends_on,
        products.line_of_business,
        products.product_code,
        versions.channel,
        versions.premium_mode,
        products.is_long_term,
        ((observations.as_of_date - policies.effective_on) / 30)::integer as policy_duration_months,
        coalesce(terms.premium, versions.annual_premium) as annual_premium,
        (terms.premium / nullif(terms.previous_premium, 0) - 1)::numeric(12, 4) as premium_change_ratio,
        versions.sum_assured,
        holding.policies_in_force as policies_held,
        holding.lines_held,
        holding.tenure_months as customer_tenure_months,
        terms.term_number,
        (extract(year from observations.as_of_date) - objects.registration_year)::integer as vehicle_age_years,
        {% for column in [
            'power_hp', 'cylinder_capacity_cc', 'weight_kg', 'length_m', 'doors', 'fuel', 'risk_type', 'second_driver',
        ] %}
            objects.{{ column }},
        {% endfor %}
        ((observations.as_of_date - customers.licence_date) / 365.25)::numeric(6, 2) as licence_years,
        ((observations.as_of_date - customers.birth_date) / 365.25)::numeric(6, 2) as age_years,
        customers.sex,
        customers.province,
        {% for source, columns in looking_back().items() %}
            {% for column in columns %}
                {{ source }}.{{ column }},
            {% endfor %}
        {% endfor %}
        objects.area_code
    from observations
    inner join policies on observations.policy_key = policies.policy_key
    left join versions on observations.policy_version_key = versions.policy_version_key
    left join products on versions.product_key = products.product_key
    left join customers on observations.customer_key = customers.customer_key
    left join objects
        on observations.policy_key = objects.policy_key and observations.as_of_date >= objects.known_on
    left join terms on observations.policy_term_key = terms.policy_term_key
    inner join payments on observations.unit_key = payments.unit_key
    inner join history on observations.unit_key = history.unit_key
    inner join balance on observations.unit_key = balance.unit_key
    inner join standing on observations.unit_key = standing.unit_key
    inner join agent on observations.unit_key = agent.unit_key
    inner join contact
        on observations.customer_key = contact.customer_key and observations.as_of_date = contact.as_of_date
    inner join holding
        on observations.customer_key = holding.customer_key and observations.as_of_date = holding.as_of_date
)

select * from final
