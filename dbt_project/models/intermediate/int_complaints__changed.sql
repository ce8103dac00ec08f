{{ config(materialized='table') }}

with changed_parties as not materialized (
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
numbers as materialized (
    select policies.policy_number
    from policies
    inner join changed_policies on policies.policy_key = changed_policies.policy_key
    union
    select policies_before.policy_number
    from policies_before
    inner join changed_policies on policies_before.policy_key = changed_policies.policy_key
),

final as (
    select complaint_key
    from complaints
    where
        party_key in (select changed_parties.party_key from changed_parties)
        or policy_number in (select numbers.policy_number from numbers)
    union
    select complaint_key
    from complaints_before
    where
        party_key in (select changed_parties.party_key from changed_parties)
        or policy_number in (select numbers.policy_number from numbers)
)

select * from final
