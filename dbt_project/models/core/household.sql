{{ built_by('customer_key', changed='households') }}

{% set steps = 4 %}

with customers as (
    select * from {{ ref('dim_customer') }}
    {{ only_changed('customer_key', 'households') }}
),

relationships as (
    select * from {{ ref('customer_relationship') }}
    {{ only_changed('customer_key', 'households') }}
),

policy_customer as (
    select * from {{ ref('policy_customer') }}
    {{ only_changed('customer_key', 'households') }}
),

persons as not materialized (
    select
        customer_key,
        first_known_on
    from customers
    where customer_type = 'person'
),

-- Both ends are persons; who has no relative is a household alone and need not be walked to.
relatives as (
    select distinct
        relationships.customer_key,
        relationships.related_customer_key
    from relationships
    inner join persons on relationships.customer_key = persons.customer_key
    inner join persons as related on relationships.related_customer_key = related.customer_key
    where relationships.relationship in ({{ family_ties() }})
),

families as (
    select * from relatives
    union
    select
        customer_key,
        customer_key as related_customer_key
    from relatives
),

-- The least key among relatives, their relatives and so on: as many steps as families have.
reached_1 as (
    select
        customer_key,
        min(related_customer_key) as household_key
    from families
    group by customer_key
),

{% for step in range(2, steps + 1) %}
    reached_{{ step }} as (
        select
            families.customer_key,
            min(reached.household_key) as household_key
        from families
        inner join reached_{{ step - 1 }} as reached on families.related_customer_key = reached.customer_key
        group by families.customer_key
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

housed as (
    select
        persons.customer_key,
        persons.first_known_on,
        coalesce(reached.household_key, persons.customer_key) as household_key,
        coalesce(holdings.policies_held, 0)::integer as policies_held
    from persons
    left join reached_{{ steps }} as reached on persons.customer_key = reached.customer_key
    left join holdings on persons.customer_key = holdings.customer_key
),

final as (
    select
        customer_key,
        household_key,
        (count(*) over (partition by household_key))::integer as household_size,
        policies_held,
        row_number() over (
            partition by household_key
            order by policies_held desc, first_known_on asc, customer_key asc
        ) = 1 as is_key_person
    from housed
)

select * from final
