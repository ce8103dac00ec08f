{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

before as (
    {{ before_this_build(
        'intermediate', 'int_parties__ranked', ['customer_key', 'party_type', 'address', 'phone', 'known_on']
    ) }}
),

changed_parties as (
    select before.*
    from before
    inner join changed_customers on before.customer_key = changed_customers.customer_key
),

changed_places as (
    select distinct
        relationship,
        place
    from ({{ placed('changed_parties') }}) as own
),

neighbours as (
    {{ parties_at('changed_places', 'before') }}
),

neighbours_placed as (
    {{ placed('neighbours') }}
),

-- Where more lived it told nothing of them; when fewer are left it may.
final as (
    select
        neighbours_placed.relationship,
        neighbours_placed.place,
        count(*) <= {{ most_of_a_place() }} as told_of_a_family
    from neighbours_placed
    inner join changed_places
        on
            neighbours_placed.relationship = changed_places.relationship
            and neighbours_placed.place = changed_places.place
    group by neighbours_placed.relationship, neighbours_placed.place
)

select * from final
