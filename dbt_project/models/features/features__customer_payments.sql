with moments as not materialized (
    select customer_key, as_of_date
    from {{ ref('features__customer_contact') }}
    where as_of_date = {{ today() }}
),

dues as (
    select * from {{ ref('fct_premium_due') }}
),

payments as not materialized (
    select * from {{ ref('fct_premium_payment') }}
),

commissions as (
    select * from {{ ref('fct_commission') }}
),

-- Each due of the last twelve months with what was known of its payment on the date.
dues_seen as (
    select
        moments.customer_key,
        moments.as_of_date,
        dues.due_on,
        min(payments.paid_on) as paid_on
    from moments
    inner join dues
        on
            moments.customer_key = dues.customer_key
            and moments.as_of_date >= dues.known_on
            and moments.as_of_date >= dues.due_on
            and dues.due_on > moments.as_of_date - interval '12 months'
    left join payments
        on dues.premium_due_key = payments.premium_due_key and moments.as_of_date >= payments.known_on
    group by moments.customer_key, moments.as_of_date, dues.premium_due_key, dues.due_on
),

habits as (
    select
        customer_key,
        as_of_date,
        {{ habits_of_paying() }}
    from dues_seen
    group by customer_key, as_of_date
),

received as (
    select
        moments.customer_key,
        moments.as_of_date,
        sum(payments.amount) as premium_received_to_date,
        sum(payments.amount) filter (where payments.paid_on > moments.as_of_date - interval '12 months')
            as premium_received_12m,
        sum(payments.amount) filter (
            where
            payments.paid_on > moments.as_of_date - interval '24 months'
            and payments.paid_on <= moments.as_of_date - interval '12 months'
        ) as premium_received_before
    from moments
    inner join payments
        on moments.customer_key = payments.customer_key and moments.as_of_date >= payments.known_on
    group by moments.customer_key, moments.as_of_date
),

-- What sellers were paid, less what was taken back.
commissioned as (
    select
        moments.customer_key,
        moments.as_of_date,
        sum(commissions.amount) as commission_to_date,
        sum(commissions.amount) filter (where commissions.paid_on > moments.as_of_date - interval '12 months')
            as commission_12m
    from moments
    inner join commissions
        on moments.customer_key = commissions.customer_key and moments.as_of_date >= commissions.known_on
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            coalesce(habits.payments_late_{{ months }}m, 0) as payments_late_{{ months }}m,
            coalesce(habits.payments_missed_{{ months }}m, 0) as payments_missed_{{ months }}m,
        {% endfor %}
        {{ trend('payments_late') }} as payments_late_trend,
        coalesce(received.premium_received_12m, 0)::numeric(16, 2) as premium_received_12m,
        coalesce(received.premium_received_to_date, 0)::numeric(16, 2) as premium_received_to_date,
        (coalesce(received.premium_received_12m, 0) / nullif(received.premium_received_before, 0) - 1)::numeric(12, 4)
            as premium_received_change_ratio,
        coalesce(commissioned.commission_12m, 0)::numeric(16, 2) as commission_12m,
        coalesce(commissioned.commission_to_date, 0)::numeric(16, 2) as commission_to_date
    from moments
    left join habits using (customer_key, as_of_date)
    left join received using (customer_key, as_of_date)
    left join commissioned using (customer_key, as_of_date)
)

select * from final
