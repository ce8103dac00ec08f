with accepted as (
    {{ accepted_versions('policy_admin', 'premium_payment', ['payment_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'payment_id') }} as premium_payment_key,
        'policy_admin' as source_system,
        payment_id::text as premium_payment_id,
        {{ entity_key('policy_admin', 'due_id') }} as premium_due_key,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        paid_on,
        amount,
        paid_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
