{{ built_by('policy_key') }}

with commissions as (
    select * from {{ ref('input__commissions') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        commissions.commission_key,
        commissions.policy_key,
        holders.customer_key,
        commissions.agent_key,
        commissions.premium_payment_key,
        commissions.commission_type,
        commissions.rate,
        commissions.amount,
        commissions.paid_on,
        commissions.occurred_on,
        commissions.known_on,
        commissions.is_stale
    from commissions
    left join holders on commissions.policy_key = holders.policy_key
)

select * from final
