with moments as not materialized (
    select * from {{ ref('features__customer_contact') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

policies as not materialized (
    select * from {{ ref('dim_policy') }}
),

-- What each customer held, as it was seen on the date.
held as (
    select
        moments.customer_key,
        moments.as_of_date,
        count(*)::integer as policies_in_force,
        count(distinct policies.line_of_business)::integer as lines_held,
        bool_or(policies.line_of_business = 'life') as holds_life,
        bool_or(policies.line_of_business = 'health') as holds_health,
        bool_or(policies.line_of_business = 'accident') as holds_accident,
        bool_or(policies.line_of_business = 'motor') as holds_motor,
        bool_or(policies.line_of_business = 'property') as holds_property,
        {% for line in lines_of_business() %}
            count(*) filter (where policies.line_of_business = '{{ line }}')::integer as policies_{{ line }},
            sum(policies.annual_premium) filter (
                where not policies.is_single_pay and policies.line_of_business = '{{ line }}'
            ) as annual_premium_{{ line }},
        {% endfor %}
        sum(policies.sum_assured) filter (where policies.line_of_business = 'life') as sum_assured_life,
        sum(policies.annual_premium) filter (where not policies.is_single_pay) as annual_premium_in_force,
        sum(policies.sum_assured) as sum_assured_in_force
    from moments
    inner join periods
        on
            moments.customer_key = periods.customer_key
            and moments.as_of_date >= periods.in_view_from
            and (periods.in_view_until is null or moments.as_of_date < periods.in_view_until)
    inner join policies on periods.policy_key = policies.policy_key and moments.as_of_date >= policies.known_on
    where periods.in_force_flag
    group by moments.customer_key, moments.as_of_date
),

began as (
    select
        moments.customer_key,
        moments.as_of_date,
        min(policies.issued_on) as customer_since,
        {% for line in lines_of_business() %}
            count(*) filter (where policies.line_of_business = '{{ line }}')::integer as bought_{{ line }},
        {% endfor %}
        sum({{ annual_premium_equivalent('policies') }}) filter (
            where
            policies.issued_on > moments.as_of_date - interval '12 months'
            and policies.issued_on <= moments.as_of_date
        ) as ape_12m
    from moments
    inner join policies
        on moments.customer_key = policies.customer_key and moments.as_of_date >= policies.known_on
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        coalesce(held.policies_in_force, 0) as policies_in_force,
        coalesce(held.lines_held, 0) as lines_held,
        coalesce(held.holds_life, false) as holds_life,
        coalesce(held.holds_health, false) as holds_health,
        coalesce(held.holds_accident, false) as holds_accident,
        coalesce(held.holds_motor, false) as holds_motor,
        coalesce(held.holds_property, false) as holds_property,
        coalesce(held.annual_premium_in_force, 0)::numeric(16, 2) as annual_premium_in_force,
        coalesce(held.sum_assured_in_force, 0)::numeric(16, 2) as sum_assured_in_force,
        {% for line in lines_of_business() %}
            coalesce(held.policies_{{ line }}, 0) as policies_{{ line }},
            coalesce(held.annual_premium_{{ line }}, 0)::numeric(16, 2) as annual_premium_{{ line }},
            coalesce(began.bought_{{ line }}, 0) as bought_{{ line }},
        {% endfor %}
        coalesce(held.sum_assured_life, 0)::numeric(16, 2) as sum_assured_life,
        coalesce(began.ape_12m, 0)::numeric(16, 2) as ape_12m,
        coalesce((moments.as_of_date - began.customer_since) / 30, 0)::integer as tenure_months
    from moments
    left join held using (customer_key, as_of_date)
    left join began using (customer_key, as_of_date)
)

select * from final
