with policies as (
    {{ rejected_heads('policy_admin', 'policy', ['policy_id']) }}
),

payments as (
    {{ rejected_heads('policy_admin', 'premium_payment', ['payment_id']) }}
),

claim_payments as (
    {{ rejected_heads('policy_admin', 'claim_payment', ['claim_payment_id']) }}
),

-- Each part mirrors the control total that the profile asks the source for.
contributions as (
    select
        'policies_in_force' as measure,
        null::integer as year,
        {{ entity_key('policy_admin', 'policy_id') }} as record_key,
        (status in ('active', 'grace', 'paid_up', 'premium_waived'))::integer::numeric as value
    from policies
    union all
    select
        'premium_received',
        extract(year from paid_on)::integer,
        {{ entity_key('policy_admin', 'payment_id') }},
        amount
    from payments
    union all
    select
        'claims_paid',
        extract(year from paid_on)::integer,
        {{ entity_key('policy_admin', 'claim_payment_id') }},
        amount
    from claim_payments
),

final as (
    select
        md5('policy_admin|' || measure || '|' || record_key) as quarantined_value_key,
        'policy_admin' as source_system,
        measure,
        year,
        record_key,
        value
    from contributions
)

select * from final
