with policy_parties as not materialized (
    select * from {{ ref('input__policy_parties') }}
),

{% if builds_changes() %}
    changed_parties as materialized (
        select * from {{ ref('int_parties__identified') }}
        {{ only_changed('customer_key', 'relations') }}
    ),

    asked as (
        select * from policy_parties
        where policy_key in (
            select named.policy_key
            from policy_parties as named
            inner join changed_parties on named.party_key = changed_parties.party_key
        )
    ),
{% else %}
    asked as (
        select * from policy_parties
    ),
{% endif %}

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
