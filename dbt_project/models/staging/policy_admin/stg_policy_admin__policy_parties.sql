with accepted as (
    {{ accepted_versions('policy_admin', 'policy_party', ['policy_party_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'policy_party_id') }} as policy_party_key,
        'policy_admin' as source_system,
        policy_party_id::text as policy_party_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        {{ entity_key('policy_admin', 'party_id') }} as party_key,
        role,
        -- What the party is to the policyholder.
        case relationship
            when '本人' then 'self'
            when '配偶' then 'spouse'
            when '子女' then 'child'
            when '父母' then 'parent'
            when '雇员' then 'employee'
        end as relationship,
        recorded_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
