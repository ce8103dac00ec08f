{{ config(materialized='table', pre_hook='{{ with_helpers() }}') }}

with identified as not materialized (
    select * from {{ ref('int_parties__identified') }}
),

changed_parties as (
    select * from {{ ref('input__changed_parties') }}
),

before as not materialized (
    {{ before_this_build(
        'intermediate', 'int_parties__ranked',
        ['party_key', 'customer_key', 'identity_rule', 'identity_probability']
    ) }}
),

-- Recognised as another customer, or by another rule, though nothing about the party itself need have changed.
recognised_anew as (
    select
        before.party_key,
        before.customer_key as customer_key_before,
        identified.customer_key
    from before
    inner join identified on before.party_key = identified.party_key
    where
        before.customer_key <> identified.customer_key
        or before.identity_rule <> identified.identity_rule
        or before.identity_probability::text <> identified.identity_probability::text
),

changed as (
    select
        changed_parties.party_key,
        before.customer_key as customer_key_before,
        identified.customer_key
    from changed_parties
    left join before on changed_parties.party_key = before.party_key
    left join identified on changed_parties.party_key = identified.party_key
),

final as (
    select party_key, customer_key_before, customer_key from recognised_anew
    union
    select party_key, customer_key_before, customer_key from changed
)

select * from final
