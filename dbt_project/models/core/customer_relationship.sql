{{ built_by('customer_key', changed='relations') }}
-- Who was in reach before is looked up before this is replaced. depends_on: {{ ref('int_households__changed') }}

with crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
),

policy_parties as {{ picked() }} (
    select * from {{ ref('int_policy_parties__related') }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

customers as not materialized (
    select * from {{ ref('dim_customer') }}
),

shared as (
    select * from {{ ref('int_customers__sharing') }}
    {{ only_changed('customer_key', 'relations') }}
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

-- Each pair from both sides, by every relationship that it says.
told as (
    select
        sides.customer_key,
        sides.related_customer_key,
        sides.relationship,
        pairs.policy_key,
        pairs.known_on
    from pairs
    cross join
        lateral (
            values
            {% for condition, there, back in [
                ("pairs.relationship = 'spouse'", 'spouse', 'spouse'),
                ("pairs.relationship = 'child'", 'child', 'parent'),
                ("pairs.relationship = 'parent'", 'parent', 'child'),
                ("pairs.role = 'insured'", 'insured', 'policyholder'),
                ("pairs.role = 'insured' and pairs.is_employment", 'employee', 'employer'),
            ] %}
                ({{ condition }}, pairs.holder_key, pairs.other_key, '{{ there }}'),
                ({{ condition }}, pairs.other_key, pairs.holder_key, '{{ back }}'){{ ',' if not loop.last }}
            {% endfor %}
        ) as sides (is_told, customer_key, related_customer_key, relationship)
    where sides.is_told
),

by_policy as (
    select
        customer_key,
        related_customer_key,
        relationship,
        count(distinct policy_key)::integer as policies,
        min(known_on) as known_on
    from told
    {{ only_changed('customer_key', 'relations') }}
    group by customer_key, related_customer_key, relationship
),

final as (
    select
        customer_key,
        related_customer_key,
        relationship,
        policies,
        known_on
    from by_policy
    union all
    select
        shared.customer_key,
        shared.related_customer_key,
        shared.relationship,
        0,
        shared.known_on
    from shared
    inner join customers on shared.customer_key = customers.customer_key
    inner join customers as related on shared.related_customer_key = related.customer_key
)

select * from final
