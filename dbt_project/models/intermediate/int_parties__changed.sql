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

-- Who moved belongs to a changed customer, or to none any more.
final as (
    select
        identified.party_key,
        identified.source_system,
        identified.party_id,
        identified.customer_key,
        identified.identity_rule,
        identified.identity_probability
    from identified
    inner join changed_customers on identified.customer_key = changed_customers.customer_key
    union all
    select
        party_key,
        null,
        null,
        null,
        null,
        null
    from moved
    where customer_key is null
)

select * from final
