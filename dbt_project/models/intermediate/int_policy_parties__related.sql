with policy_parties as not materialized (
    select * from {{ ref('input__policy_parties') }}
),

asked as (
    select * from policy_parties
    {% if var('changed_only') %}
        where policy_key in (
            select named.policy_key
            from policy_parties as named
            inner join {{ ref('int_parties__identified') }} as identified on named.party_key = identified.party_key
            {{ only_changed('identified.customer_key', 'relations') }}
        )
    {% endif %}
),

-- Most policies name one party in all roles, and say nothing of anybody else.
with_others as (
    select policy_key
    from asked
    group by policy_key
    having min(party_key) <> max(party_key)
),

final as (
    select
        asked.policy_key,
        asked.party_key,
        asked.role,
        asked.relationship,
        asked.known_on
    from asked
    inner join with_others on asked.policy_key = with_others.policy_key
)

select * from final
