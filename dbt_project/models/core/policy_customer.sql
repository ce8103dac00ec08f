{{ built_by('policy_key') }}

with policy_parties as (
    select * from {{ ref('input__policy_parties') }}
    {{ only_changed('policy_key') }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
),

final as (
    select
        policy_parties.policy_key,
        crosswalk.customer_key,
        policy_parties.role,
        min(greatest(policies.known_on, policy_parties.known_on)) as known_on
    from policy_parties
    inner join policies on policy_parties.policy_key = policies.policy_key
    inner join crosswalk on policy_parties.party_key = crosswalk.party_key
    where policy_parties.role in ('policyholder', 'insured')
    group by policy_parties.policy_key, crosswalk.customer_key, policy_parties.role
)

select * from final
