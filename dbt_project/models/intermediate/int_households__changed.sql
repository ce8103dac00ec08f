{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

{% set steps = steps_of_a_household() %}

with relationships as not materialized (
    select * from {{ ref('customer_relationship') }}
),

before as (
    {{ before_this_build('core', 'household', ['customer_key', 'household_key']) }}
),

near_0 as (
    select customer_key from {{ ref('int_relations__changed') }}
),

{{ within_steps('near', 1, 2 * steps) }}

-- Households that lose somebody, and those that somebody may come to: its key is one of its members.
households as (
    select before.household_key
    from before
    inner join near_{{ steps }} as near on before.customer_key = near.customer_key
    union
    select customer_key from near_{{ 2 * steps }}
),

final as (
    select customer_key from near_{{ steps }}
    union
    select before.customer_key
    from before
    inner join households on before.household_key = households.household_key
)

select * from final
