with moments as not materialized (
    select * from {{ ref('features__customer_contact') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

versions as (
    select * from {{ ref('dim_policy_version') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

-- What contracts said, and from when until when that was what was known.
contracts as not materialized (
    select
        versions.policy_key,
        versions.valid_from,
        versions.superseded_on,
        versions.annual_premium,
        versions.sum_assured,
        coalesce(versions.premium_mode = 'single', false) as is_single_pay,
        products.line_of_business,
        policies.customer_key,
        policies.issued_on
    from versions
    inner join policies on versions.policy_key = policies.policy_key
    left join products on versions.product_key = products.product_key
),

-- What each customer held, as it was seen on the date.
held as (
    select
        moments.customer_key,
        moments.as_of_date,
        count(*)::integer as policies_in_force,
        count(distinct contracts.line_of_business)::integer as lines_held,
        bool_or(contracts.line_of_business = 'life') as holds_life,
        bool_or(contracts.line_of_business = 'health') as holds_health,
        bool_or(contracts.line_of_business = 'accident') as holds_accident,
        bool_or(contracts.line_of_business = 'motor') as holds_motor,
        bool_or(contracts.line_of_business = 'property') as holds_property,
        {% for line in lines_of_business() %}
            count(*) filter (where contracts.line_of_business = '{{ line }}')::integer as policies_{{ line }},
            sum({{ annual_premium_in_force('contracts', 'periods.status') }}) filter (
                where contracts.line_of_business = '{{ line }}'
            ) as annual_premium_{{ line }},
        {% endfor %}
        sum(contracts.sum_assured) filter (where contracts.line_of_business = 'life') as sum_assured_life,
        sum({{ annual_premium_in_force('contracts', 'periods.status') }}) as annual_premium_in_force,
        sum(contracts.sum_assured) as sum_assured_in_force
    from moments
    inner join periods
        on
            moments.customer_key = periods.customer_key
            and moments.as_of_date >= periods.in_view_from
            and (periods.in_view_until is null or moments.as_of_date < periods.in_view_until)
    inner join contracts
        on
            periods.policy_key = contracts.policy_key
            and {{ last_known('contracts', 'moments.as_of_date') }}
    where periods.in_force_flag
    group by moments.customer_key, moments.as_of_date
),

began as (
    select
        moments.customer_key,
        moments.as_of_date,
        min(contracts.issued_on) as customer_since,
        {% for line in lines_of_business() %}
            count(*) filter (where contracts.line_of_business = '{{ line }}')::integer as bought_{{ line }},
        {% endfor %}
        sum({{ annual_premium_equivalent('contracts') }}) filter (
            where
            contracts.issued_on > moments.as_of_date - interval '12 months'
            and contracts.issued_on <= moments.as_of_date
        ) as ape_12m
    from moments
    inner join contracts
        on
            moments.customer_key = contracts.customer_key
            and {{ last_known('contracts', 'moments.as_of_date') }}
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        coalesce(held.policies_in_force, 0) as policies_in_force,
        coalesce(held.lines_held, 0) as lines_held,
        {% for line in lines_of_business() %}
            coalesce(held.holds_{{ line }}, false) as holds_{{ line }},
        {% endfor %}
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
