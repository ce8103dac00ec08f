{{ config(materialized='table') }}

with changed_customers as (
    select * from {{ ref('int_customers__changed') }}
),

moved as (
    select * from {{ ref('int_parties__moved') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

final as (
    select identified.party_key
    from identified
    inner join changed_customers on identified.customer_key = changed_customers.customer_key
    union
    select party_key from moved
)

select * from final
