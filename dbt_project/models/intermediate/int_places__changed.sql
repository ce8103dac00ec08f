{{ config(materialized='table') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

before as not materialized (
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

-- Also where so many lived that it told nothing of them: when fewer are left it may.
final as (
    {{ people_at('changed_places', 'neighbours_placed') }}
)

select * from final
