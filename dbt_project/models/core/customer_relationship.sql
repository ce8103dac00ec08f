with policy_parties as (
    select * from {{ ref('input__policy_parties') }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

shared as (
    select * from {{ ref('int_customers__sharing') }}
),

roles as (
    select
        policy_parties.policy_key,
        crosswalk.customer_key,
        customers.customer_type,
        policy_parties.role,
        policy_parties.relationship,
        greatest(policies.known_on, policy_parties.known_on) as known_on
    from policy_parties
    inner join policies on policy_parties.policy_key = policies.policy_key
    inner join crosswalk on policy_parties.party_key = crosswalk.party_key
    inner join customers on crosswalk.customer_key = customers.customer_key
),

-- Each other party of a policy, seen from its policyholder and back.
pairs as (
    select
        holders.customer_key as holder_key,
        others.customer_key as other_key,
        others.role,
        others.relationship,
        holders.customer_type = 'enterprise' and others.customer_type = 'person' as is_employment,
        others.policy_key,
        greatest(holders.known_on, others.known_on) as known_on
    from roles as holders
    inner join roles as others on holders.policy_key = others.policy_key
    where
        holders.role = 'policyholder'
        and others.role <> 'policyholder'
        and holders.customer_key <> others.customer_key
),

told as (
    {% for condition, there, back in [
        ("relationship = 'spouse'", 'spouse', 'spouse'),
        ("relationship = 'child'", 'child', 'parent'),
        ("relationship = 'parent'", 'parent', 'child'),
        ("role = 'insured'", 'insured', 'policyholder'),
        ("role = 'insured' and is_employment", 'employee', 'employer'),
    ] %}
        select
            holder_key as customer_key,
            other_key as related_customer_key,
            '{{ there }}' as relationship,
            policy_key,
            known_on
        from pairs
        where {{ condition }}
        union all
        select other_key, holder_key, '{{ back }}', policy_key, known_on
        from pairs
        where {{ condition }}
        union all
    {% endfor %}
    select customer_key, related_customer_key, relationship, null, known_on
    from shared
),

final as (
    select
        told.customer_key,
        told.related_customer_key,
        told.relationship,
        count(distinct told.policy_key)::integer as policies,
        min(told.known_on) as known_on
    from told
    inner join customers on told.customer_key = customers.customer_key
    inner join customers as related on told.related_customer_key = related.customer_key
    group by told.customer_key, told.related_customer_key, told.relationship
)

select * from final
