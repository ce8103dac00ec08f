{% set steps = 4 %}

with customers as (
    select * from {{ ref('dim_customer') }}
    where customer_type = 'person'
),

relationships as (
    select * from {{ ref('customer_relationship') }}
),

policy_customer as (
    select * from {{ ref('policy_customer') }}
),

families as (
    select distinct
        customer_key,
        related_customer_key
    from relationships
    where relationship in ('spouse', 'child', 'parent', 'shares_address')
),

-- The least key among relatives, their relatives and so on: as many steps as families have.
reached_0 as (
    select
        customer_key,
        customer_key as household_key
    from customers
),

{% for step in range(1, steps + 1) %}
    reached_{{ step }} as (
        select
            reached.customer_key,
            least(reached.household_key, min(nearby.household_key)) as household_key
        from reached_{{ step - 1 }} as reached
        left join families on reached.customer_key = families.customer_key
        left join reached_{{ step - 1 }} as nearby on families.related_customer_key = nearby.customer_key
        group by reached.customer_key, reached.household_key
    ),

{% endfor %}
holdings as (
    select
        customer_key,
        count(*) as policies_held
    from policy_customer
    where role = 'policyholder'
    group by customer_key
),

final as (
    select
        customers.customer_key,
        reached.household_key,
        (count(*) over (partition by reached.household_key))::integer as household_size,
        coalesce(holdings.policies_held, 0)::integer as policies_held,
        row_number() over (
            partition by reached.household_key
            order by coalesce(holdings.policies_held, 0) desc, customers.first_known_on asc, customers.customer_key asc
        ) = 1 as is_key_person
    from customers
    inner join reached_{{ steps }} as reached on customers.customer_key = reached.customer_key
    left join holdings on customers.customer_key = holdings.customer_key
)

select * from final
