{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('claims', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        claim_key,
        source_system,
        claim_id,
        policy_key,
        party_key,
        claim_type,
        claim_count,
        incurred_on,
        reported_on,
        decided_on,
        decision,
        claimed_amount,
        reserve_amount,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
