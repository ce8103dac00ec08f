with observations as (
    select * from {{ ref('features__observation') }}
),

policy_customers as (
    select * from {{ ref('policy_customer') }}
),

interactions as not materialized (
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
    cross join unnest(array[{{ customer_dates() }}]) as dates (as_of_date)
    where customers.known_on <= dates.as_of_date
),

talked as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            count(*) filter (where {{ within('interactions.occurred_on', months) }}) as interactions_{{ months }}m,
        {% endfor %}
        {% for way in ways_of_contact() %}
            {{ share_of_contacts_12m("= '" ~ way ~ "'") }} as {{ way }}_share_12m,
            count(*) filter (where interactions.channel = '{{ way }}') as {{ way }},
        {% endfor %}
        {{ share_of_contacts_12m("in ('app', 'wechat', 'email')") }} as digital_share_12m,
        min(moments.as_of_date - interactions.occurred_on) filter (
            where {{ within('interactions.occurred_on', 12) }}
        )::integer as days_since_contact,
        count(*) as interactions
    from moments
    inner join interactions
        on
            moments.customer_key = interactions.customer_key
            and moments.as_of_date >= interactions.known_on
            and moments.as_of_date >= interactions.occurred_on
    group by moments.customer_key, moments.as_of_date
),

complained as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            count(*) filter (where {{ within('complaints.occurred_on', months) }}) as complaints_{{ months }}m,
        {% endfor %}
        count(*)::integer as complaints_to_date
    from moments
    inner join complaints
        on
            moments.customer_key = complaints.customer_key
            and moments.as_of_date >= complaints.known_on
    group by moments.customer_key, moments.as_of_date
),

surveyed as (
    select
        moments.customer_key,
        moments.as_of_date,
        (array_agg(surveys.score order by surveys.occurred_on desc, surveys.survey_key asc))[1:2] as last_scores,
        avg(surveys.score)::numeric(6, 4) as survey_score_mean,
        count(*)::integer as surveys_to_date,
        count(*) filter (where {{ within('surveys.occurred_on', 12) }}) as surveys_12m
    from moments
    inner join surveys on moments.customer_key = surveys.customer_key and moments.as_of_date >= surveys.known_on
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        {% for months in windows() %}
            coalesce(talked.interactions_{{ months }}m, 0)::integer as interactions_{{ months }}m,
            coalesce(complained.complaints_{{ months }}m, 0)::integer as complaints_{{ months }}m,
        {% endfor %}
        {{ trend('interactions') }} as interactions_trend,
        talked.days_since_contact,
        talked.digital_share_12m,
        {% for way in ways_of_contact() %}
            talked.{{ way }}_share_12m,
            {{ leaning_share('talked.' ~ way, 'talked.interactions') }} as {{ way }}_share,
        {% endfor %}
        coalesce(complained.complaints_to_date, 0) as complaints_to_date,
        surveyed.survey_score_mean,
        coalesce(surveyed.surveys_to_date, 0) as surveys_to_date,
        surveyed.last_scores[1] as last_survey_score,
        surveyed.last_scores[1] - surveyed.last_scores[2] as survey_score_change,
        coalesce(surveyed.surveys_12m, 0)::integer as surveys_12m
    from moments
    left join talked using (customer_key, as_of_date)
    left join complained using (customer_key, as_of_date)
    left join surveyed using (customer_key, as_of_date)
)

select * from final
