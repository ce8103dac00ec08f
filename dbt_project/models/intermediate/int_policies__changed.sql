{{ config(materialized='table') }}

with changed_policies as (
    select * from {{ ref('input__changed_policies') }}
),

-- Of a party a policy knows whose it is, and nothing else.
moved as (
    select * from {{ ref('int_parties__moved') }}
    where customer_key is distinct from customer_key_before
),

policy_parties as (
    select * from {{ ref('input__policy_parties') }}
),

policy_events as (
    select * from {{ ref('input__policy_events') }}
),

-- Known before, but in view only since the edition before: the calendar alone changes a status.
come_into_view as (
    select policy_key
    from policy_events
    where {{ come_into_view() }}
),

final as (
    select policy_key from changed_policies
    union
    select policy_parties.policy_key
    from policy_parties
    inner join moved on policy_parties.party_key = moved.party_key
    union
    select policy_key from come_into_view
)

select * from final
