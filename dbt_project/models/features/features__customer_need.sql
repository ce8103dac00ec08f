{#- One row a customer who is a person, on the edition's date only. -#}
with facts as (
    select * from {{ ref('features__customer_as_of') }}
    where customer_type = 'person'
),

holding as (
    select * from {{ ref('features__customer_holding') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

stages as (
    select * from {{ ref('life_stage') }}
),

-- Debts and liquid assets are in no source, so need is income alone; without an income there is no need to state.
needed as (
    select
        facts.customer_key,
        facts.as_of_date,
        stages.life_stage_id,
        stages.name_en as life_stage_en,
        stages.name_zh as life_stage_zh,
        holding.sum_assured_life,
        (stages.income_multiple * customers.annual_income)::numeric(16, 2) as protection_need
    from facts
    inner join holding on facts.customer_key = holding.customer_key and facts.as_of_date = holding.as_of_date
    inner join customers on facts.customer_key = customers.customer_key
    left join stages on facts.age_years >= stages.age_from and facts.age_years < stages.age_below
),

final as (
    select
        customer_key,
        as_of_date,
        life_stage_id,
        life_stage_en,
        life_stage_zh,
        protection_need,
        case
            when protection_need is not null then greatest(protection_need - sum_assured_life, 0)
        end::numeric(16, 2) as protection_gap
    from needed
)

select * from final
