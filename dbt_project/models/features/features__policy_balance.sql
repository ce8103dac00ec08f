with observations as not materialized (
    select * from {{ ref('features__observation') }}
),

loans as (
    select * from {{ ref('fct_policy_loan') }}
),

policy_values as (
    select * from {{ ref('fct_policy_value') }}
),

borrowed as (
    select
        observations.unit_key,
        count(*)::integer as loans_taken,
        sum(loans.amount) filter (
            where loans.repaid_in_view_from is null or loans.repaid_in_view_from > observations.as_of_date
        ) as loans_outstanding
    from observations
    inner join loans
        on
            observations.policy_key = loans.policy_key
            and observations.as_of_date >= loans.known_on
            and observations.as_of_date >= loans.taken_on
    group by observations.unit_key
),

-- The last valuation that was known; one not yet due says nothing.
valued as (
    select distinct on (observations.unit_key)
        observations.unit_key,
        policy_values.cash_value
    from observations
    inner join policy_values
        on
            observations.policy_key = policy_values.policy_key
            and observations.as_of_date >= policy_values.known_on
            and observations.as_of_date >= policy_values.valued_on
    order by observations.unit_key asc, policy_values.valued_on desc, policy_values.policy_value_key asc
),

final as (
    select
        observations.unit_key,
        observations.customer_key,
        observations.as_of_date,
        coalesce(borrowed.loans_taken, 0) as loans_taken,
        coalesce(borrowed.loans_outstanding, 0)::numeric(16, 2) as loans_outstanding,
        valued.cash_value::numeric(16, 2) as cash_value,
        (coalesce(borrowed.loans_outstanding, 0) / nullif(valued.cash_value, 0))::numeric(12, 4) as loan_to_cash_value
    from observations
    left join borrowed on observations.unit_key = borrowed.unit_key
    left join valued on observations.unit_key = valued.unit_key
)

select * from final
