{{ config(materialized='table') }}

with moved as not materialized (
    select * from {{ ref('int_parties__moved') }}
),

changed_policies as not materialized (
    select * from {{ ref('int_policies__changed') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

policy_parties as (
    select * from {{ ref('input__policy_parties') }}
),

consents as (
    select * from {{ ref('input__consents') }}
),

held_before as (
    {{ before_this_build('core', 'policy_customer', ['policy_key', 'customer_key']) }}
),

-- What a customer is, prospect or not, hangs on the policies of all its parties.
in_changed_policies as (
    select policy_parties.party_key
    from policy_parties
    inner join changed_policies on policy_parties.policy_key = changed_policies.policy_key
    union
    select party_key
    from consents
    where {{ come_into_view() }}
),

final as (
    select customer_key
    from moved
    where customer_key is not null
    union
    select customer_key_before
    from moved
    where customer_key_before is not null
    union
    select identified.customer_key
    from identified
    inner join in_changed_policies on identified.party_key = in_changed_policies.party_key
    union
    select held_before.customer_key
    from held_before
    inner join changed_policies on held_before.policy_key = changed_policies.policy_key
)

select * from final
