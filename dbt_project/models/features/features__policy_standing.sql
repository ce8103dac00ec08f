with observations as (
    select * from {{ ref('features__observation') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

versions as (
    select * from {{ ref('dim_policy_version') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

-- Months between two premiums; cover of a year is renewed, and paid for, once in its term.
modes (premium_mode, months_between) as (
    values ('monthly', 1), ('quarterly', 3), ('semiannual', 6), ('annual', 12)
),

aged as (
    select
        observations.unit_key,
        observations.policy_key,
        observations.as_of_date,
        policies.effective_on,
        products.is_long_term,
        versions.expires_on,
        versions.payment_term_years * 12 as payment_months,
        modes.months_between,
        age(observations.as_of_date, policies.effective_on) as age,
        -- Of a premium due after it, grace ends beyond the twelve months ahead.
        age(
            observations.as_of_date + interval '12 months' - interval '{{ var("grace_days") }} days',
            policies.effective_on
        ) as age_ahead
    from observations
    inner join policies on observations.policy_key = policies.policy_key
    left join versions on observations.policy_version_key = versions.policy_version_key
    left join products on versions.product_key = products.product_key
    left join modes on versions.premium_mode = modes.premium_mode
),

scheduled as (
    select
        *,
        (
            (extract(year from age) * 12 + extract(month from age))::integer / months_between + 1
        ) * months_between as months_to_due,
        (extract(year from age_ahead) * 12 + extract(month from age_ahead))::integer as months_ahead
    from aged
),

seen as (
    select distinct on (scheduled.unit_key)
        scheduled.*,
        periods.status
    from scheduled
    left join periods
        on
            scheduled.policy_key = periods.policy_key
            and scheduled.as_of_date >= periods.in_view_from
            and (periods.in_view_until is null or scheduled.as_of_date < periods.in_view_until)
    order by scheduled.unit_key asc, periods.valid_from desc
),

final as (
    select
        unit_key,
        status,
        case
            when status in ('paid_up', 'premium_waived') then null
            when is_long_term and months_to_due >= payment_months then null
            else (effective_on + make_interval(months => months_to_due))::date - as_of_date
        end as days_to_next_due,
        case when is_long_term then expires_on - as_of_date end as days_to_maturity,
        -- Dues still to come, each of so many months: who pays yearly has one a year. In grace one more is open.
        case
            when status in ('paid_up', 'premium_waived') then 0
            when is_long_term
                then
                    (
                        case when months_to_due >= payment_months then 0 else payment_months - months_to_due end
                        + case when status = 'grace' then months_between else 0 end
                    ) / 12.0
        end::numeric(6, 2) as premium_years_left,
        case
            when not is_long_term then 1
            when status in ('paid_up', 'premium_waived') or months_between is null then 0
            when is_long_term
                then
                    greatest(
                        0,
                        least(months_ahead, payment_months - 1) / months_between * months_between
                        - months_to_due + months_between
                    ) / 12.0
        end::numeric(6, 2) as premium_share_ahead
    from seen
)

select * from final
