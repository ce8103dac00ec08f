{{ built_by('policy_key') }}

with policies as (
    select * from {{ ref('input__policies') }}
    {{ only_changed('policy_key') }}
),

policy_parties as (
    select * from {{ ref('input__policy_parties') }}
    {{ only_changed('policy_key') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

holders as (
    select distinct on (policy_parties.policy_key)
        policy_parties.policy_key,
        identified.customer_key
    from policy_parties
    inner join identified on policy_parties.party_key = identified.party_key
    where policy_parties.role = 'policyholder'
    order by policy_parties.policy_key asc, policy_parties.known_on desc, policy_parties.policy_party_id asc
),

-- One row a policy, so that facts joined to it neither fan out nor shrink.
final as (
    select
        policies.policy_key,
        policies.policy_number,
        holders.customer_key
    from policies
    left join holders on policies.policy_key = holders.policy_key
)

select * from final
