{{ config(materialized='table') }}

with changed_policies as (
    select * from {{ ref('int_policies__changed') }}
),

before as (
    {{ before_this_build('core', 'policy_measure', ['policy_key', 'stands_until']) }}
),

-- Besides policies that changed, those of which a day has come into the twelve months of the measures, or left them.
final as (
    select policy_key from changed_policies
    union
    select policy_key from before
    where stands_until::date <= {{ today() }}
)

select * from final
