with moments as not materialized (
    select customer_key, as_of_date
    from {{ ref('features__customer_contact') }}
    where as_of_date = {{ today() }}
),

claims as (
    select * from {{ ref('fct_claim') }}
),

claim_payments as (
    select * from {{ ref('fct_claim_payment') }}
),

claimed as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            sum(claims.claim_count) filter (
                where claims.incurred_on > moments.as_of_date - interval '{{ months }} months'
            )::integer as claims_count_{{ months }}m,
        {% endfor %}
        sum(claims.claim_count) as claims_count
    from moments
    inner join claims
        on
            moments.customer_key = claims.customer_key
            and moments.as_of_date >= claims.known_on
            and claims.incurred_on > moments.as_of_date - interval '12 months'
    group by moments.customer_key, moments.as_of_date
),

paid as (
    select
        moments.customer_key,
        moments.as_of_date,
        sum(claim_payments.amount) filter (where claim_payments.paid_on > moments.as_of_date - interval '12 months')
            as claims_paid_12m,
        sum(claim_payments.amount) as claims_paid_to_date
    from moments
    inner join claim_payments
        on moments.customer_key = claim_payments.customer_key and moments.as_of_date >= claim_payments.known_on
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            coalesce(claimed.claims_count_{{ months }}m, 0) as claims_count_{{ months }}m,
        {% endfor %}
        coalesce(paid.claims_paid_12m, 0)::numeric(16, 2) as claims_paid_12m,
        coalesce(paid.claims_paid_to_date, 0)::numeric(16, 2) as claims_paid_to_date
    from moments
    left join claimed using (customer_key, as_of_date)
    left join paid using (customer_key, as_of_date)
)

select * from final
