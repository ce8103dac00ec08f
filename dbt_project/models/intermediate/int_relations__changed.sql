{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

placed as (
    select * from {{ ref('int_customers__placed') }}
),

left_places as (
    select * from {{ ref('int_places__changed') }}
),

related_before as (
    {{ before_this_build('core', 'customer_relationship', ['customer_key', 'related_customer_key']) }}
),

entered as (
    select distinct
        placed.relationship,
        placed.place
    from placed
    inner join changed_customers on placed.customer_key = changed_customers.customer_key
),

entered_places as (
    select
        placed.relationship,
        placed.place
    from placed
    inner join entered on placed.relationship = entered.relationship and placed.place = entered.place
    group by placed.relationship, placed.place
    having count(*) <= {{ most_of_a_place() }}
),

places as (
    select * from left_places
    union
    select * from entered_places
),

-- One who moves in or out changes what all of the house are to each other: it may be a family no more, or again.
final as (
    select customer_key from changed_customers
    union
    select related_before.related_customer_key
    from related_before
    inner join changed_customers on related_before.customer_key = changed_customers.customer_key
    union
    select placed.customer_key
    from placed
    inner join places on placed.relationship = places.relationship and placed.place = places.place
)

select * from final
