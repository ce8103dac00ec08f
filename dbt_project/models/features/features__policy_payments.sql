with observations as (
    select * from {{ ref('features__observation') }}
),

dues as (
    select * from {{ ref('fct_premium_due') }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
),

-- Each due of the last twelve months with what was known of its payment on the observation's date.
dues_seen as (
    select
        observations.unit_key,
        observations.as_of_date,
        dues.due_on,
        min(payments.paid_on) as paid_on
    from observations
    inner join dues
        on
            observations.policy_key = dues.policy_key
            and observations.as_of_date >= dues.known_on
            and observations.as_of_date >= dues.due_on
            and dues.due_on > observations.as_of_date - interval '12 months'
    left join payments
        on dues.premium_due_key = payments.premium_due_key and observations.as_of_date >= payments.known_on
    group by observations.unit_key, observations.as_of_date, dues.premium_due_key, dues.due_on
),

habits as (
    select
        unit_key,
        count(*) filter (where paid_on > due_on + 10)::integer as payments_late_12m,
        count(*) filter (where paid_on is null and due_on < as_of_date - 10)::integer as payments_missed_12m
    from dues_seen
    group by unit_key
),

last_payments as (
    select
        observations.unit_key,
        (observations.as_of_date - max(payments.paid_on))::integer as days_since_last_payment
    from observations
    inner join payments
        on observations.policy_key = payments.policy_key and observations.as_of_date >= payments.known_on
    group by observations.unit_key, observations.as_of_date
),

final as (
    select
        observations.unit_key,
        coalesce(habits.payments_late_12m, 0) as payments_late_12m,
        coalesce(habits.payments_missed_12m, 0) as payments_missed_12m,
        last_payments.days_since_last_payment
    from observations
    left join habits on observations.unit_key = habits.unit_key
    left join last_payments on observations.unit_key = last_payments.unit_key
)

select * from final
