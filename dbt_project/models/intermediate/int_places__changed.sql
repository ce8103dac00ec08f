{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

before as (
    {{ before_this_build(
        'intermediate', 'int_parties__ranked', ['customer_key', 'party_type', 'address', 'phone']
    ) }}
),

placed as (
    {% for column, relationship in [('address', 'shares_address'), ('phone', 'shares_phone')] %}
        select distinct
            '{{ relationship }}' as relationship,
            {{ column }} as place,
            customer_key
        from before
        where party_type = 'person' and {{ column }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

left_or_kept as (
    select distinct
        placed.relationship,
        placed.place
    from placed
    inner join changed_customers on placed.customer_key = changed_customers.customer_key
),

-- What more shared said nothing of them.
final as (
    select
        placed.relationship,
        placed.place
    from placed
    inner join left_or_kept on placed.relationship = left_or_kept.relationship and placed.place = left_or_kept.place
    group by placed.relationship, placed.place
    having count(*) <= {{ most_of_a_place() }}
)

select * from final
