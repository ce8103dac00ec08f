with observations as not materialized (
    select * from {{ ref('features__observation') }}
),

dues as (
    select * from {{ ref('fct_premium_due') }}
),

payments as not materialized (
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
        {{ habits_of_paying() }}
    from dues_seen
    group by unit_key
),

received as (
    select
        observations.unit_key,
        (observations.as_of_date - max(payments.paid_on))::integer as days_since_last_payment,
        sum(payments.amount) filter (
            where payments.paid_on > observations.as_of_date - interval '12 months'
        ) as premium_received_12m,
        sum(payments.amount) filter (
            where
            payments.paid_on > observations.as_of_date - interval '24 months'
            and payments.paid_on <= observations.as_of_date - interval '12 months'
        ) as premium_received_before
    from observations
    inner join payments
        on observations.policy_key = payments.policy_key and observations.as_of_date >= payments.known_on
    group by observations.unit_key, observations.as_of_date
),

final as (
    select
        observations.unit_key,
        {% for months in windows() %}
            coalesce(habits.payments_late_{{ months }}m, 0) as payments_late_{{ months }}m,
            coalesce(habits.payments_missed_{{ months }}m, 0) as payments_missed_{{ months }}m,
        {% endfor %}
        {{ trend('payments_late') }} as payments_late_trend,
        received.days_since_last_payment,
        coalesce(received.premium_received_12m, 0)::numeric(16, 2) as premium_received_12m,
        (coalesce(received.premium_received_12m, 0) / nullif(received.premium_received_before, 0) - 1)::numeric(12, 4)
            as premium_received_change_ratio
    from observations
    left join habits on observations.unit_key = habits.unit_key
    left join received on observations.unit_key = received.unit_key
)

select * from final
