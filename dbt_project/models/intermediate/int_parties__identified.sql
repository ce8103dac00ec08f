{{ config(materialized='table', pre_hook='{{ with_helpers() }}') }}

with parties as (
    select * from {{ ref('input__parties') }}
),

resolved as (
    select * from {{ ref('input__party_identities') }}
),

-- Exact numbers only; who has none stands alone. A proxy counts only where the insurer's profile declares it.
recognised as (
    select
        *,
        case
            when '{{ var("customer_identity") }}' = 'proxy' and proxy_identity is not null then 'proxy'
            when credit_code is not null then 'credit_code'
            when id_number is not null then 'id_number'
            else 'stand_alone'
        end as exact_rule
    from parties
),

identities as (
    select
        *,
        case exact_rule
            when 'proxy' then proxy_identity
            when 'credit_code' then credit_code
            when 'id_number' then id_number
            else party_key
        end as identity_value
    from recognised
),

-- What resolution found wins; where it did not run, the party known first names the customer.
final as (
    select
        identities.party_key,
        identities.source_system,
        identities.party_id,
        coalesce(
            resolved.customer_key,
            first_value(identities.party_key) over (
                partition by identities.exact_rule, identities.identity_value
                order by identities.known_on, identities.source_system, identities.party_id
            )
        ) as customer_key,
        coalesce(resolved.identity_rule, identities.exact_rule) as identity_rule,
        identities.known_on,
        coalesce(resolved.identity_probability, 1) as identity_probability
    from identities
    left join resolved on identities.party_key = resolved.party_key
)

select * from final
