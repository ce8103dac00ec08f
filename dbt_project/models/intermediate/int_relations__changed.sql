{{ config(materialized='table') }}

with changed_customers as not materialized (
    select * from {{ ref('int_customers__changed') }}
),

ranked as not materialized (
    select * from {{ ref('int_parties__ranked') }}
),

places_before as not materialized (
    select * from {{ ref('int_places__changed') }}
),

policy_parties as not materialized (
    select * from {{ ref('input__policy_parties') }}
),

identified as not materialized (
    select * from {{ ref('int_parties__identified') }}
),

related_before as (
    {{ before_this_build('core', 'customer_relationship', ['customer_key', 'related_customer_key']) }}
),

changed_parties as (
    select * from {{ ref('int_ranked__changed') }}
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
    {{ people_at('changed_places', 'neighbours_placed') }}
),

-- What told of a family before, or tells of one now.
places as (
    select * from places_before
    where people <= {{ most_of_a_place() }}
    union
    select * from places_now
    where people <= {{ most_of_a_place() }}
),

changed_identities as (
    select * from {{ ref('int_parties__changed') }}
    where customer_key is not null
),

-- Who is on a policy with somebody: one named as beneficiary only is nobody's relation until a customer.
named as (
    select policy_parties.policy_key
    from policy_parties
    inner join changed_identities on policy_parties.party_key = changed_identities.party_key
),

-- One who moves in or out changes what all of the house are to each other: it may be a family no more, or again.
final as (
    select customer_key from changed_customers
    union
    select related_before.related_customer_key
    from related_before
    inner join changed_customers on related_before.customer_key = changed_customers.customer_key
    union
    select identified.customer_key
    from policy_parties
    inner join named on policy_parties.policy_key = named.policy_key
    inner join identified on policy_parties.party_key = identified.party_key
    union
    select neighbours_placed.customer_key
    from neighbours_placed
    inner join places
        on neighbours_placed.relationship = places.relationship and neighbours_placed.place = places.place
)

select * from final
