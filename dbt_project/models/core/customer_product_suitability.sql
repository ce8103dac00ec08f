{{ config(materialized='view') }}

with customers as (
    select * from {{ ref('dim_customer') }}
    where not is_prospect
),

policies as (
    select * from {{ ref('dim_policy') }}
),

servicing as (
    select * from {{ ref('customer_servicing') }}
),

offers as (
    select * from {{ ref('product_offer') }}
),

agents as (
    select * from {{ ref('dim_agent') }}
),

capacities as (
    select * from {{ ref('customer_capacity') }}
),

seller_levels as (
    select * from {{ ref('seller_level') }}
),

assumptions as (
    select * from {{ ref('suitability_assumption') }}
),

paid as (
    select customer_key, sum(annual_premium) as yearly_premium
    from policies
    where status in ('active', 'grace') and not is_single_pay
    group by customer_key
),

known as (
    select
        customers.customer_key,
        customers.customer_type,
        customers.annual_income,
        coalesce(customers.marketing_consent, false) as marketing_consent,
        extract(year from age({{ today() }}, customers.birth_date))::integer as age,
        coalesce(paid.yearly_premium, 0) as yearly_premium,
        coalesce(capacities.capacity_grade, 1) as declared_capacity,
        seller_levels.level as seller_level
    from customers
    left join paid on customers.customer_key = paid.customer_key
    left join capacities
        on
            customers.customer_type = capacities.customer_type
            and (customers.annual_income is null) = (capacities.income_from is null)
            and coalesce(customers.annual_income >= capacities.income_from, true)
            and coalesce(customers.annual_income < capacities.income_below, true)
    left join servicing on customers.customer_key = servicing.customer_key
    left join agents on servicing.servicing_agent_key = agents.agent_key
    left join seller_levels on agents.tier = seller_levels.tier
),

checked as (
    select
        known.customer_key,
        offers.product_key,
        offers.product_code,
        offers.line_of_business,
        offers.policies_sold,
        offers.usual_premium,
        offers.product_grade,
        offers.seller_level_required,
        known.seller_level >= offers.seller_level_required as is_seller_authorised,
        known.age >= assumptions.senior_age as is_senior,
        case
            when known.age < assumptions.adult_age then 'minor'
            when not known.marketing_consent then 'no_marketing_consent'
            when
                known.age is null and coalesce(offers.entry_age_from, offers.entry_age_to) is not null
                and known.customer_type = 'person' then 'age_unknown'
            when known.age < offers.entry_age_from or known.age > offers.entry_age_to then 'outside_entry_age'
            when offers.premium_income_cap is not null and known.annual_income is null then 'income_unknown'
            when
                known.yearly_premium + coalesce(offers.usual_premium, 0)
                > offers.premium_income_cap * known.annual_income then 'above_ability_to_pay'
            when offers.product_grade > case
                when known.age >= assumptions.senior_age
                    then least(known.declared_capacity, assumptions.senior_capacity_grade)
                else known.declared_capacity
            end then 'above_capacity'
        end as blocked_reason_code
    from known
    cross join assumptions
    inner join offers on known.customer_type = offers.customer_type
),

final as (
    select
        customer_key,
        product_key,
        product_code,
        line_of_business,
        policies_sold,
        usual_premium,
        product_grade,
        seller_level_required,
        is_seller_authorised,
        case
            when blocked_reason_code is not null then 'blocked'
            when is_senior then 'with_care'
            else 'suitable'
        end as suitability_status,
        blocked_reason_code
    from checked
)

select * from final
