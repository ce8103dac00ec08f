{{ config(materialized='table') }}

with ranked as (
    select * from {{ ref('int_parties__ranked') }}
    where {{ looked_up('customer_key', ref('int_customers__changed')) }}
),

final as (
    select * from ranked
)

select * from final
