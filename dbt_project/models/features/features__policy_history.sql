with observations as not materialized (
    select * from {{ ref('features__observation') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
),

claim_payments as (
    select * from {{ ref('fct_claim_payment') }}
),

events as (
    select * from {{ ref('fct_policy_event') }}
),

claimed as (
    select
        observations.unit_key,
        {% for months in windows() %}
            sum(claims.claim_count) filter (
                where claims.incurred_on > observations.as_of_date - interval '{{ months }} months'
            )::integer as claims_count_{{ months }}m,
        {% endfor %}
        sum(claims.claim_count)::integer as claims_count_3y
    from observations
    inner join claims
        on
            observations.policy_key = claims.policy_key
            and observations.as_of_date >= claims.known_on
            and claims.incurred_on > observations.as_of_date - interval '3 years'
    group by observations.unit_key
),

paid as (
    select
        observations.unit_key,
        sum(claim_payments.amount) filter (
            where claim_payments.paid_on > observations.as_of_date - interval '12 months'
        ) as claims_paid_12m,
        sum(claim_payments.amount) as claims_paid_3y
    from observations
    inner join claim_payments
        on
            observations.policy_key = claim_payments.policy_key
            and observations.as_of_date >= claim_payments.known_on
            and claim_payments.paid_on > observations.as_of_date - interval '3 years'
    group by observations.unit_key
),

happened as (
    select
        observations.unit_key,
        count(*) filter (where events.event_type = 'reinstated')::integer as times_reinstated,
        count(*) filter (
            where
            events.event_type = 'grace_entered'
            and events.occurred_on > observations.as_of_date - interval '12 months'
        )::integer as times_in_grace_12m
    from observations
    inner join events
        on observations.policy_key = events.policy_key and observations.as_of_date >= events.known_on
    where events.event_type in ('reinstated', 'grace_entered')
    group by observations.unit_key
),

final as (
    select
        observations.unit_key,
        {% for months in windows() %}
            coalesce(claimed.claims_count_{{ months }}m, 0) as claims_count_{{ months }}m,
        {% endfor %}
        coalesce(claimed.claims_count_3y, 0) as claims_count_3y,
        coalesce(paid.claims_paid_12m, 0)::numeric(16, 2) as claims_paid_12m,
        coalesce(paid.claims_paid_3y, 0)::numeric(16, 2) as claims_paid_3y,
        coalesce(happened.times_reinstated, 0) as times_reinstated,
        -- Who pays monthly may enter grace every month; more than three times says no more than three.
        least(coalesce(happened.times_in_grace_12m, 0), 3) as times_in_grace_12m
    from observations
    left join claimed on observations.unit_key = claimed.unit_key
    left join paid on observations.unit_key = paid.unit_key
    left join happened on observations.unit_key = happened.unit_key
)

select * from final
