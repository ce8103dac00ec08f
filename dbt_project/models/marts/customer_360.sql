{% set lines = lines_of_business() %}

with customers as not materialized (
    select * from {{ ref('dim_customer') }}
),

facts as (
    select * from {{ ref('features__customer_as_of') }}
),

holding as (
    select * from {{ ref('features__customer_holding') }}
    where as_of_date = {{ today() }}
),

{% set described_by = {
    'service': 'features__customer_service',
    'needs': 'features__customer_need',
    'servicing': 'customer_servicing',
    'household': 'household',
    'segments': 'customer_segment',
    'customer_values': 'customer_value',
    'churn': 'customer_churn',
} %}
{% for name, model in described_by.items() %}
    {{ name }} as (
        select * from {{ ref(model) }}
    ),

{% endfor %}
final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        customers.customer_key,
        customers.customer_type,
        customers.is_prospect,
        case
            when customers.customer_type = 'person'
                then left(customers.name, 1) || repeat('*', greatest(length(customers.name) - 1, 1))
            else customers.name
        end as name_masked,
        -- A number too short to keep four digits hidden is hidden whole.
        case
            when length(customers.phone) >= 11 then left(customers.phone, 3) || '****' || right(customers.phone, 4)
            else repeat('*', length(customers.phone))
        end as phone_masked,
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
        {% for line in lines %}
            coalesce(facts.holds_{{ line }}, false) as holds_{{ line }},
        {% endfor %}
        coalesce(facts.annual_premium_in_force, 0)::numeric(16, 2) as annual_premium_in_force,
        coalesce(facts.sum_assured_in_force, 0)::numeric(16, 2) as sum_assured_in_force,
        coalesce(facts.cash_value, 0)::numeric(16, 2) as cash_value,
        coalesce(facts.loans_outstanding, 0)::numeric(16, 2) as loans_outstanding,
        coalesce(servicing.insured_persons, 0) as insured_persons,
        household.household_size,
        {% for line in lines %}
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
    {% for name in described_by %}
        left join {{ name }} on customers.customer_key = {{ name }}.customer_key
    {% endfor %}
)

select * from final
