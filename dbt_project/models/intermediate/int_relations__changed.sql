{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

ranked as (
    select * from {{ ref('int_parties__ranked') }}
),

places_before as (
    select * from {{ ref('int_places__changed') }}
),

related_before as (
    {{ before_this_build('core', 'customer_relationship', ['customer_key', 'related_customer_key']) }}
),

changed_parties as (
    select ranked.*
    from ranked
    inner join changed_customers on ranked.customer_key = changed_customers.customer_key
),

changed_places as (
    select relationship, place from ({{ placed('changed_parties') }}) as own
    union
    select relationship, place from places_before
),

neighbours as (
    {{ parties_at('changed_places', 'ranked') }}
),

neighbours_placed as (
    {{ placed('neighbours') }}
),

places_now as (
    {{ family_places('neighbours_placed', 'changed_places') }}
),

places as (
    select * from places_before
    union
    select * from places_now
),

-- One who moves in or out changes what all of the house are to each other: it may be a family no more, or again.
final as (
    select customer_key from changed_customers
    union
    select related_before.related_customer_key
    from related_before
    inner join changed_customers on related_before.customer_key = changed_customers.customer_key
    union
    select neighbours_placed.customer_key
    from neighbours_placed
    inner join places
        on neighbours_placed.relationship = places.relationship and neighbours_placed.place = places.place
)

select * from final
