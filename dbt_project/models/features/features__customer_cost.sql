{#- One row a customer and date that features of customers are wanted for. -#}
with moments as not materialized (
    select * from {{ ref('features__customer_contact') }}
    where as_of_date = {{ today() }}
),

interactions as (
    select * from {{ ref('fct_interaction') }}
),

complaints as (
    select * from {{ ref('fct_complaint') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
),

policy_changes as (
    select * from {{ ref('fct_policy_change') }}
),

costs as (
    select * from {{ ref('activity_cost') }}
),

done as (
    select
        customer_key,
        'contact_' || channel as activity,
        occurred_on,
        known_on,
        1 as pieces
    from interactions
    union all
    select customer_key, 'complaint', occurred_on, known_on, 1
    from complaints
    union all
    select customer_key, 'claim', coalesce(reported_on, occurred_on), known_on, claim_count
    from claims
    union all
    select customer_key, 'policy_change', occurred_on, known_on, 1
    from policy_changes
),

priced as (
    select
        activity,
        unit_cost,
        valid_from,
        coalesce(lead(valid_from) over (partition by activity order by valid_from), 'infinity') as valid_until
    from costs
),

-- A channel that has no price of its own on the day is any other channel.
served as (
    select
        moments.customer_key,
        moments.as_of_date,
        sum(done.pieces * coalesce(own.unit_cost, other.unit_cost)) as service_cost_12m
    from moments
    inner join done
        on
            moments.customer_key = done.customer_key
            and moments.as_of_date >= done.known_on
            and moments.as_of_date >= done.occurred_on
            and done.occurred_on > moments.as_of_date - interval '12 months'
    left join priced as own
        on
            done.activity = own.activity
            and done.occurred_on >= own.valid_from
            and done.occurred_on < own.valid_until
    left join priced as other
        on
            other.activity = 'contact_other'
            and done.occurred_on >= other.valid_from
            and done.occurred_on < other.valid_until
    group by moments.customer_key, moments.as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        coalesce(served.service_cost_12m, 0)::numeric(16, 2) as service_cost_12m
    from moments
    left join served on moments.customer_key = served.customer_key and moments.as_of_date = served.as_of_date
)

select * from final
