{{ config(materialized='table') }}

with changed_parties as (
    select * from {{ ref('int_parties__changed') }}
),

changed_policies as not materialized (
    select * from {{ ref('int_policies__changed') }}
),

complaints as (
    select * from {{ ref('input__complaints') }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

complaints_before as (
    {{ before_this_build('core', 'fct_complaint', ['complaint_key', 'party_key', 'policy_number']) }}
),

policies_before as (
    {{ before_this_build('core', 'dim_policy', ['policy_key', 'policy_number']) }}
),

-- A policy more or less that carries a number changes which policy, if any, the number names.
numbers as (
    select policies.policy_number
    from policies
    inner join changed_policies on policies.policy_key = changed_policies.policy_key
    union
    select policies_before.policy_number
    from policies_before
    inner join changed_policies on policies_before.policy_key = changed_policies.policy_key
),

told as (
    select complaint_key, party_key, policy_number from complaints
    union all
    select complaint_key, party_key, policy_number from complaints_before
),

final as (
    select told.complaint_key
    from told
    inner join changed_parties on told.party_key = changed_parties.party_key
    union
    select told.complaint_key
    from told
    inner join numbers on told.policy_number = numbers.policy_number
)

select * from final
