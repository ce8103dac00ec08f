{{ built_by('customer_key', found_by=['party_key']) }}
-- Who shared a place before is looked up before this is replaced. depends_on: {{ ref('int_places__changed') }}

with parties as (
    select * from {{ ref('input__parties') }}
),

identified as (
    {{ identified_parties() }}
),

roles as (
    select * from {{ ref('int_parties__roles') }}
),

-- Everybody has a row of roles; an inner join of two picks of the same parties would be planned for a few of them.
described as (
    select
        parties.*,
        identified.customer_key,
        identified.identity_rule,
        identified.identity_probability,
        roles.has_policy,
        roles.is_beneficiary_only,
        coalesce(parties.id_number, parties.credit_code) is not null as has_number
    from parties
    inner join identified on parties.party_key = identified.party_key
    left join roles on parties.party_key = roles.party_key
),

final as (
    select
        *,
        row_number() over (
            partition by customer_key
            order by has_policy desc, known_on desc, source_system asc, party_id asc
        ) as precedence,
        row_number() over (
            partition by customer_key
            order by has_number desc, has_policy desc, known_on desc, source_system asc, party_id asc
        ) as identity_precedence
    from described
)

select * from final
