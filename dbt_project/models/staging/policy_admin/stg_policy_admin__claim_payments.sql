-- A payment stays with its claim's policy, even when the claim is gone from the source.
with claims as (
    {{ versions_ever('policy_admin', 'claim', ['claim_id']) }}
),

accepted as (
    {{ accepted_versions('policy_admin', 'claim_payment', ['claim_payment_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'accepted.claim_payment_id') }} as claim_payment_key,
        'policy_admin' as source_system,
        accepted.claim_payment_id::text as claim_payment_id,
        {{ entity_key('policy_admin', 'accepted.claim_id') }} as claim_key,
        {{ entity_key('policy_admin', 'claims.policy_id') }} as policy_key,
        accepted.paid_on,
        accepted.amount,
        accepted.paid_on as occurred_on,
        accepted.recorded_on as known_on,
        accepted.is_stale
    from accepted
    left join claims on accepted.claim_id = claims.claim_id
    {% if builds_changes() %}
        where {{ entity_key('policy_admin', 'claims.policy_id') }} in (
            select changed.policy_key from {{ ref('stg_ledger__changed_policies') }} as changed
        )
    {% endif %}
)

select * from final
