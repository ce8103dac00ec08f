{% set steps = steps_of_a_household() - 1 %}

with relationships as not materialized (
    select * from {{ ref('customer_relationship') }}
),

walked_0 as (
    select customer_key from {{ ref('int_households__changed') }}
),

{{ within_steps('walked', 1, steps) }}

final as (
    select customer_key from walked_{{ steps }}
)

select * from final
