{{ config(materialized='view') }}

{#- A view, read when models are trained. -#}
with contact as (
    select * from {{ ref('features__customer_contact') }}
),

holding as (
    select * from {{ ref('features__customer_holding') }}
),

customers as (
    select * from {{ ref('features__customer_as_of') }}
),

final as (
    select
        contact.customer_key,
        contact.as_of_date,
        customers.customer_type,
        holding.policies_in_force,
        holding.lines_held,
        holding.holds_life,
        holding.holds_health,
        holding.holds_accident,
        holding.holds_motor,
        holding.holds_property,
        holding.tenure_months,
        contact.interactions_3m,
        contact.interactions_12m,
        {% for way in ways_of_contact() %}
            contact.{{ way }}_share_12m,
        {% endfor %}
        contact.complaints_12m,
        contact.last_survey_score
    from contact
    inner join holding on contact.customer_key = holding.customer_key and contact.as_of_date = holding.as_of_date
    inner join customers on contact.customer_key = customers.customer_key
)

select * from final
