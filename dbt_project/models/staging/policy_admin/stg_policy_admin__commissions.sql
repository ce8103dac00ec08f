with accepted as (
    {{ accepted_versions('policy_admin', 'commission', ['commission_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'commission_id') }} as commission_key,
        'policy_admin' as source_system,
        commission_id::text as commission_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        {{ entity_key('policy_admin', 'payment_id') }} as premium_payment_key,
        commission_type,
        rate,
        amount,
        paid_on,
        paid_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
