{{ config(materialized='view') }}

with months as not materialized (
    select * from {{ ref('dim_month') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

dues as (
    select * from {{ ref('fct_premium_due') }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
),

policy_values as (
    select * from {{ ref('fct_policy_value') }}
),

loans as (
    select * from {{ ref('fct_policy_loan') }}
),

-- Every part carries the month itself, so that a range of months asked for reaches each of them before it is added up.
parts as (
    select
        periods.policy_key,
        months.month_starts_on,
        least(coalesce(periods.valid_to, months.seen_until), months.seen_until)
        - greatest(periods.valid_from, months.month_starts_on) as in_force_days,
        coalesce(periods.valid_to >= months.seen_until, true) as in_force_at_end,
        null::numeric as premium_due,
        null::numeric as premium_received,
        null::numeric as cash_value,
        null::numeric as loan_balance
    from periods
    inner join months
        on
            periods.valid_from < months.seen_until
            and (periods.valid_to is null or periods.valid_to > months.month_starts_on)
    where periods.in_force_flag and (periods.valid_to is null or periods.valid_from < periods.valid_to)
    union all
    select policy_key, date_trunc('month', due_on)::date, null, null, amount, null, null, null
    from dues
    where due_on <= {{ today() }}
    union all
    select policy_key, date_trunc('month', paid_on)::date, null, null, null, amount, null, null
    from payments
    where paid_on <= {{ today() }}
    union all
    select policy_values.policy_key, months.month_starts_on, null, null, null, null, policy_values.cash_value, null
    from policy_values
    inner join months
        on
            policy_values.valued_on < months.seen_until
            and (policy_values.valid_until is null or policy_values.valid_until >= months.seen_until)
    union all
    select loans.policy_key, months.month_starts_on, null, null, null, null, null, loans.amount
    from loans
    inner join months
        on
            loans.taken_on < months.seen_until
            and (loans.settled_on is null or loans.settled_on >= months.seen_until)
),

final as (
    select
        policy_key,
        month_starts_on,
        coalesce(sum(in_force_days), 0)::integer as in_force_days,
        coalesce(bool_or(in_force_at_end), false) as in_force_at_end,
        coalesce(sum(premium_due), 0)::numeric(16, 2) as premium_due,
        coalesce(sum(premium_received), 0)::numeric(16, 2) as premium_received,
        sum(cash_value)::numeric(16, 2) as cash_value,
        coalesce(sum(loan_balance), 0)::numeric(16, 2) as loan_balance
    from parts
    group by policy_key, month_starts_on
)

select * from final
