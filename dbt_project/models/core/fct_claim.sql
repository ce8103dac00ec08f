{{ built_by('policy_key') }}

with claims as (
    select * from {{ ref('input__claims') }}
    {{ only_changed('policy_key') }}
),

paid as (
    select * from {{ ref('int_claims__paid') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        claims.claim_key,
        claims.source_system,
        claims.policy_key,
        holders.customer_key,
        claims.party_key,
        claims.claim_type,
        claims.claim_count,
        claims.incurred_on,
        claims.reported_on,
        claims.decided_on,
        claims.decision,
        claims.claimed_amount,
        coalesce(paid.paid_amount, 0)::numeric(16, 2) as paid_amount,
        claims.reserve_amount,
        coalesce(paid.paid_amount, 0) + claims.reserve_amount as incurred_amount,
        claims.occurred_on,
        claims.known_on,
        claims.is_stale
    from claims
    left join paid on claims.claim_key = paid.claim_key
    left join holders on claims.policy_key = holders.policy_key
)

select * from final
