with moments as not materialized (
    select customer_key, as_of_date
    from {{ ref('features__customer_contact') }}
    where as_of_date = {{ today() }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
    where in_force_flag
),

loans as (
    select * from {{ ref('fct_policy_loan') }}
),

policy_values as (
    select * from {{ ref('fct_policy_value') }}
),

-- A policy that has ended owes nothing and is worth nothing to its holder.
held as (
    select
        moments.customer_key,
        moments.as_of_date,
        periods.policy_key
    from moments
    inner join periods
        on
            moments.customer_key = periods.customer_key
            and moments.as_of_date >= periods.in_view_from
            and (periods.in_view_until is null or moments.as_of_date < periods.in_view_until)
),

borrowed as (
    select
        held.customer_key,
        held.as_of_date,
        sum(loans.amount) as loans_outstanding
    from held
    inner join loans
        on
            held.policy_key = loans.policy_key
            and held.as_of_date >= loans.known_on
            and held.as_of_date >= loans.taken_on
            and (loans.repaid_in_view_from is null or held.as_of_date < loans.repaid_in_view_from)
    group by held.customer_key, held.as_of_date
),

-- The last valuation of each policy that was known.
valued as (
    select distinct on (held.customer_key, held.as_of_date, held.policy_key)
        held.customer_key,
        held.as_of_date,
        policy_values.cash_value
    from held
    inner join policy_values
        on
            held.policy_key = policy_values.policy_key
            and held.as_of_date >= policy_values.known_on
            and held.as_of_date >= policy_values.valued_on
    order by
        held.customer_key asc,
        held.as_of_date asc,
        held.policy_key asc,
        policy_values.valued_on desc,
        policy_values.policy_value_key asc
),

worth as (
    select customer_key, as_of_date, sum(cash_value) as cash_value
    from valued
    group by customer_key, as_of_date
),

final as (
    select
        moments.customer_key,
        moments.as_of_date,
        coalesce(borrowed.loans_outstanding, 0)::numeric(16, 2) as loans_outstanding,
        coalesce(worth.cash_value, 0)::numeric(16, 2) as cash_value,
        (coalesce(borrowed.loans_outstanding, 0) / nullif(worth.cash_value, 0))::numeric(12, 4) as loan_to_cash_value
    from moments
    left join borrowed using (customer_key, as_of_date)
    left join worth using (customer_key, as_of_date)
)

select * from final
