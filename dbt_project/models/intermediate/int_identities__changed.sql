{{ config(materialized='table', pre_hook='{{ with_helpers() }}') }}

with changed_parties as (
    select * from {{ ref('input__changed_parties') }}
),

parties as (
    select * from {{ ref('input__parties') }}
),

resolved as (
    select * from {{ ref('input__party_identities') }}
),

before as not materialized (
    {{ before_this_build(
        'intermediate', 'int_parties__identified',
        ['party_key', 'customer_key', 'identity_rule', 'identity_probability', 'identity_hash', 'is_resolved']
    ) }}
),

resolved_before as (
    select * from before
    where is_resolved::boolean
),

-- Resolution may say something else of whom nothing changed; of others it says anything for the first time, or no more.
resolved_anew as (
    select coalesce(resolved.party_key, resolved_before.party_key) as party_key
    from resolved
    full join resolved_before on resolved.party_key = resolved_before.party_key
    where
        {{ builds_changes() }}
        and (
            resolved.customer_key is distinct from resolved_before.customer_key
            or resolved.identity_rule is distinct from resolved_before.identity_rule
            or resolved.identity_probability::text is distinct from resolved_before.identity_probability::text
        )
),

told as materialized (
    select party_key from changed_parties
    union
    select party_key from resolved_anew
),

parties_told as (
    select parties.*
    from parties
    inner join told on parties.party_key = told.party_key
),

numbers as materialized (
    select identity_hash from ({{ recognised('parties_told') }}) as now
    union
    select before.identity_hash::bigint
    from before
    inner join told on before.party_key = told.party_key
),

-- Where resolution did not run, one party that comes or goes can change whose all others of its number are.
final as (
    select party_key from told
    union
    select before.party_key
    from before
    inner join numbers on before.identity_hash::bigint = numbers.identity_hash
)

select * from final
