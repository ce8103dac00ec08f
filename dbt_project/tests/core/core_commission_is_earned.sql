-- Commission follows premium: nothing taken back beyond what was paid, nothing paid beyond the payment it stands on.
-- Reported, not stopped: the books are the source's.
{{ config(severity='warn', tags=['severity_warn', 'hurts_customer_value']) }}

with commissions as (
    select * from {{ ref('fct_commission') }}
    {{ only_changed('policy_key') }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
    {{ only_changed('policy_key') }}
),

overdrawn as (
    select
        policy_key as broken_key,
        'more taken back than paid' as identity
    from commissions
    group by policy_key
    having sum(amount) < 0
),

above_premium as (
    select
        commissions.commission_key,
        'more than the premium it stands on'
    from commissions
    inner join payments on commissions.premium_payment_key = payments.premium_payment_key
    where commissions.amount > payments.amount
)

select * from overdrawn
union all
select * from above_premium
