with claims as (
    select * from {{ ref('stg_policy_admin__claims') }}
),

accepted as (
    {{ accepted_versions('policy_admin', 'claim_payment', ['claim_payment_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'claim_payment_id') }} as claim_payment_key,
        'policy_admin' as source_system,
        accepted.claim_payment_id::text as claim_payment_id,
        {{ entity_key('policy_admin', 'accepted.claim_id') }} as claim_key,
        claims.policy_key,
        accepted.paid_on,
        accepted.amount,
        accepted.paid_on as occurred_on,
        accepted.recorded_on as known_on,
        accepted.is_stale
    from accepted
    left join claims on {{ entity_key('policy_admin', 'accepted.claim_id') }} = claims.claim_key
)

select * from final
