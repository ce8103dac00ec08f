{{ built_by('policy_key') }}

with policies as (
    select * from {{ ref('input__policies') }}
    {{ only_changed('policy_key') }}
),

products as (
    select * from {{ ref('dim_product') }}
    where is_long_term
),

months as (
    select distinct months from {{ ref('persistency_definition') }}
),

dues as materialized (
    select distinct on (policy_key, policy_year) *
    from {{ ref('fct_premium_due') }}
    {{ only_changed('policy_key') }}
    order by policy_key, policy_year, due_on, premium_due_key
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
    {{ only_changed('policy_key') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
    {{ only_changed('policy_key') }}
),

anniversaries as (
    select
        policies.policy_key,
        months.months,
        policies.effective_on,
        policies.annual_premium,
        policies.is_single_pay,
        coalesce(policies.payment_term_years * 12 < months.months, false) as is_payment_term_over,
        dues.premium_due_key,
        dues.amount as due_amount,
        first_dues.amount as original_due_amount,
        coalesce(dues.due_on, (policies.effective_on + (months.months - 1) * interval '1 month')::date) as due_on,
        (policies.effective_on + months.months * interval '1 month')::date as observed_on
    from policies
    inner join products on policies.product_key = products.product_key
    cross join months
    left join dues on policies.policy_key = dues.policy_key and dues.policy_year = (months.months - 1) / 12 + 1
    left join dues as first_dues on policies.policy_key = first_dues.policy_key and first_dues.policy_year = 1
    where policies.effective_on is not null
),

deadlines as (
    select
        *,
        due_on + {{ var('grace_days') }} as grace_ends_on,
        {{ end_of_last_grace_month('due_on') }} as grace_month_ends_on
    from anniversaries
),

received as (
    select
        deadlines.premium_due_key,
        sum(payments.amount) filter (where payments.paid_on <= deadlines.grace_ends_on) as in_grace,
        sum(payments.amount) filter (where payments.paid_on <= deadlines.grace_month_ends_on) as in_grace_month
    from deadlines
    inner join payments on deadlines.premium_due_key = payments.premium_due_key
    group by deadlines.premium_due_key
),

-- In which status the two days of interest fell; an interval of no days holds none.
lives as (
    select
        deadlines.policy_key,
        deadlines.months,
        {% for day, name in [('grace_ends_on + 1', 'status_after_grace'), ('observed_on', 'status_observed')] %}
            max(periods.status) filter (
                where periods.valid_from <= deadlines.{{ day }}
                and coalesce(periods.valid_to > deadlines.{{ day }}, true)
            ) as {{ name }},
        {% endfor %}
        max(periods.valid_from) filter (where periods.status_group = 'ended' and periods.valid_to is null) as ended_on,
        max(periods.exit_cause_group) filter (where periods.valid_to is null) as exit_cause_group
    from deadlines
    inner join periods on deadlines.policy_key = periods.policy_key
    group by deadlines.policy_key, deadlines.months
),

final as (
    select
        deadlines.policy_key,
        deadlines.months,
        deadlines.effective_on,
        date_trunc('month', deadlines.effective_on)::date as cohort_month,
        deadlines.annual_premium,
        deadlines.is_single_pay,
        deadlines.is_payment_term_over,
        deadlines.due_on,
        deadlines.due_amount,
        deadlines.grace_ends_on, deadlines.grace_month_ends_on,
        deadlines.observed_on,
        coalesce(received.in_grace, 0)::numeric(16, 2) as received_in_grace,
        coalesce(received.in_grace_month, 0)::numeric(16, 2) as received_in_grace_month,
        deadlines.original_due_amount,
        coalesce(bool_and(coalesce(received.in_grace >= deadlines.due_amount, false)) over earlier, true)
            as was_paid_so_far,
        lives.status_after_grace, lives.status_observed,
        lives.ended_on,
        lives.exit_cause_group
    from deadlines
    left join received on deadlines.premium_due_key = received.premium_due_key
    left join lives on deadlines.policy_key = lives.policy_key and deadlines.months = lives.months
    window earlier as (
        partition by deadlines.policy_key order by deadlines.months rows between unbounded preceding and 1 preceding
    )
)

select * from final
