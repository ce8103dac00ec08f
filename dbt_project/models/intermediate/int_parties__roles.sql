with parties as (
    {{ identified_parties() }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

policy_parties as (
    select * from {{ ref('input__policy_parties') }}
    {{ only_changed('party_key') }}
),

held as (
    select
        policy_parties.party_key,
        policy_parties.role
    from policy_parties
    inner join policies on policy_parties.policy_key = policies.policy_key
),

final as (
    select
        parties.party_key,
        parties.customer_key,
        coalesce(bool_or(held.role in ('policyholder', 'insured')), false) as has_policy,
        coalesce(bool_and(held.role = 'beneficiary'), false) as is_beneficiary_only
    from parties
    left join held on parties.party_key = held.party_key
    group by parties.party_key, parties.customer_key
)

select * from final
