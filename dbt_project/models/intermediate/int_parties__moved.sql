{{ config(materialized='table') }}

with changed_identities as (
    select * from {{ ref('int_identities__changed') }}
),

changed_parties as (
    select * from {{ ref('input__changed_parties') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

before as (
    {{ before_this_build(
        'intermediate', 'int_parties__ranked',
        ['party_key', 'customer_key', 'identity_rule', 'identity_probability']
    ) }}
),

-- Recognised as another customer, or by another rule, though nothing about the party itself need have changed.
final as (
    select
        changed_identities.party_key,
        before.customer_key as customer_key_before,
        identified.customer_key
    from changed_identities
    left join before on changed_identities.party_key = before.party_key
    left join identified on changed_identities.party_key = identified.party_key
    left join changed_parties on changed_identities.party_key = changed_parties.party_key
    where
        changed_parties.party_key is not null
        or before.customer_key <> identified.customer_key
        or before.identity_rule <> identified.identity_rule
        or before.identity_probability::text <> identified.identity_probability::text
)

select * from final
