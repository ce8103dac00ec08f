{#- One row a customer and date that features are wanted for: the dates of their policies, and the edition's. -#}
with observations as (
    select * from {{ ref('features__observation') }}
),

policy_customers as (
    select * from {{ ref('policy_customer') }}
),

interactions as (
    select * from {{ ref('fct_interaction') }}
),

complaints as (
    select * from {{ ref('fct_complaint') }}
),

surveys as (
    select * from {{ ref('fct_survey') }}
),

-- Somebody is a customer from the day a policy of theirs is known.
customers as (
    select
        customer_key,
        min(known_on) as known_on
    from policy_customers
    group by customer_key
),

moments as (
    select customer_key, as_of_date from observations
    union
    select customers.customer_key, dates.as_of_date
    from customers
    cross join (
        values ('{{ var("as_of_date") }}'::date), (('{{ var("as_of_date") }}'::date - interval '12 months')::date)
    ) as dates (as_of_date)
    where customers.known_on <= dates.as_of_date
),

talked as (
    select
        moments.customer_key,
        moments.as_of_date,
        count(*)::integer as interactions_12m,
        count(*) filter (where interactions.occurred_on > moments.as_of_date - interval '3 months')::integer
            as interactions_3m,
        avg((interactions.channel in ('app', 'wechat', 'email'))::integer)::numeric(6, 4) as digital_share_12m
    from moments
    inner join interactions
        on
            moments.customer_key = interactions.customer_key
            and moments.as_of_date >= interactions.known_on
            and interactions.occurred_on > moments.as_of_date - interval '12 months'
    group by moments.customer_key, moments.as_of_date
),

complained as (
    select moments.customer_key, moments.as_of_date, count(*)::integer as complaints_12m
    from moments
    inner join complaints
        on
            moments.customer_key = complaints.customer_key
            and moments.as_of_date >= complaints.known_on
            and complaints.occurred_on > moments.as_of_date - interval '12 months'
    group by moments.customer_key, moments.as_of_date
),

surveyed as (
    select distinct on (moments.customer_key, moments.as_of_date)
        moments.customer_key,
        moments.as_of_date,
        surveys.score as last_survey_score
    from moments
    inner join surveys on moments.customer_key = surveys.customer_key and moments.as_of_date >= surveys.known_on
    order by moments.customer_key asc, moments.as_of_date asc, surveys.occurred_on desc, surveys.survey_key asc
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        coalesce(talked.interactions_3m, 0) as interactions_3m,
        coalesce(talked.interactions_12m, 0) as interactions_12m,
        talked.digital_share_12m,
        coalesce(complained.complaints_12m, 0) as complaints_12m,
        surveyed.last_survey_score
    from moments
    left join talked using (customer_key, as_of_date)
    left join complained using (customer_key, as_of_date)
    left join surveyed using (customer_key, as_of_date)
)

select * from final
