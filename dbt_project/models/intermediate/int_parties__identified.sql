{{ built_by('party_key', changed='identities', found_by=['customer_key', 'identity_hash', 'is_resolved']) }}

with parties as {{ picked() }} (
    select * from {{ ref('input__parties') }}
    {{ only_changed('party_key', 'identities') }}
),

resolved as (
    select * from {{ ref('input__party_identities') }}
    {{ only_changed('party_key', 'identities') }}
),

identities as (
    {{ recognised('parties') }}
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
        coalesce(resolved.identity_probability, 1) as identity_probability,
        identities.identity_hash,
        resolved.party_key is not null as is_resolved
    from identities
    left join resolved on identities.party_key = resolved.party_key
)

select * from final
