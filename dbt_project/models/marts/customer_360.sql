with customers as (
    select * from {{ ref('dim_customer') }}
),

facts as (
    select * from {{ ref('features__customer_as_of') }}
    where as_of_date = '{{ var("as_of_date") }}'::date
),

holding as (
    select * from {{ ref('features__customer_holding') }}
    where as_of_date = '{{ var("as_of_date") }}'::date
),

service as (
    select * from {{ ref('features__customer_service') }}
),

needs as (
    select * from {{ ref('features__customer_need') }}
),

servicing as (
    select * from {{ ref('customer_servicing') }}
),

segments as (
    select * from {{ ref('customer_segment') }}
),

customer_values as (
    select * from {{ ref('customer_value') }}
),

churn as (
    select * from {{ ref('customer_churn') }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        '{{ var("as_of_date") }}'::date as as_of_date,
        customers.customer_key,
        customers.customer_type,
        customers.is_prospect,
        case
            when customers.customer_type = 'person'
                then left(customers.name, 1) || repeat('*', greatest(length(customers.name) - 1, 1))
            else customers.name
        end as name_masked,
        regexp_replace(customers.phone, '^(.{3}).*(.{4})$', '\1****\2') as phone_masked,
        customers.sex,
        facts.age_years::integer as age_years,
        customers.province,
        customers.city,
        customers.occupation,
        customers.industry,
        customers.headcount,
        customers.preferred_channel,
        customers.is_app_user,
        customers.marketing_consent,
        customers.service_consent,
        customers.analytics_consent,
        service.observed_channel_12m,
        coalesce(facts.policies_in_force, 0) as policies_in_force,
        coalesce(facts.lines_held, 0) as lines_held,
        coalesce(facts.holds_life, false) as holds_life,
        coalesce(facts.holds_health, false) as holds_health,
        coalesce(facts.holds_accident, false) as holds_accident,
        coalesce(facts.holds_motor, false) as holds_motor,
        coalesce(facts.holds_property, false) as holds_property,
        coalesce(facts.annual_premium_in_force, 0)::numeric(16, 2) as annual_premium_in_force,
        coalesce(facts.sum_assured_in_force, 0)::numeric(16, 2) as sum_assured_in_force,
        {% for line in ['life', 'health', 'accident', 'motor', 'property'] %}
            coalesce(holding.policies_{{ line }}, 0) as policies_{{ line }},
            coalesce(holding.annual_premium_{{ line }}, 0)::numeric(16, 2) as annual_premium_{{ line }},
        {% endfor %}
        coalesce(holding.ape_12m, 0)::numeric(16, 2) as ape_12m,
        facts.tenure_months,
        coalesce(facts.premium_received_12m, 0)::numeric(16, 2) as premium_received_12m,
        coalesce(facts.premium_received_to_date, 0)::numeric(16, 2) as premium_received_to_date,
        coalesce(facts.claims_paid_to_date, 0)::numeric(16, 2) as claims_paid_to_date,
        service.claims_to_date,
        facts.interactions_12m,
        service.last_contact_on,
        facts.complaints_12m,
        service.complaints_to_date,
        facts.last_survey_score,
        {{ nps_band('facts.last_survey_score') }} as nps_band,
        needs.life_stage_en,
        needs.life_stage_zh,
        needs.protection_need,
        needs.protection_gap,
        extract(month from customers.birth_date)::integer as birth_month,
        servicing.next_renewal_on,
        servicing.next_maturity_on,
        servicing.servicing_agent_key,
        servicing.servicing_branch,
        coalesce(servicing.orphan_policies, 0) as orphan_policies,
        segments.segment_en,
        segments.segment_zh,
        customer_values.value_grade,
        customer_values.clv,
        churn.p_lose_any,
        churn.risk_band,
        customers.first_known_on,
        customers.is_stale
    from customers
    left join facts on customers.customer_key = facts.customer_key
    left join holding on customers.customer_key = holding.customer_key
    left join service on customers.customer_key = service.customer_key
    left join needs on customers.customer_key = needs.customer_key
    left join servicing on customers.customer_key = servicing.customer_key
    left join segments on customers.customer_key = segments.customer_key
    left join customer_values on customers.customer_key = customer_values.customer_key
    left join churn on customers.customer_key = churn.customer_key
)

select * from final
