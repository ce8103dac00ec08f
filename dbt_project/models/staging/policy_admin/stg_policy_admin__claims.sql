with accepted as (
    {{ accepted_versions('policy_admin', 'claim', ['claim_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'claim_id') }} as claim_key,
        'policy_admin' as source_system,
        claim_id::text as claim_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        {{ entity_key('policy_admin', 'party_id') }} as party_key,
        claim_type,
        1 as claim_count,
        incurred_on,
        reported_on,
        decided_on,
        decision,
        claimed_amount,
        coalesce(reserve_amount, 0) as reserve_amount,
        incurred_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
