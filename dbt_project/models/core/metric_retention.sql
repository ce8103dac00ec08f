{% set until = "'" ~ var('as_of_date') ~ "'::date" %}
{% set since = "(" ~ until ~ " - interval '12 months')::date" %}

with policies as (
    select * from {{ ref('dim_policy') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
),

dated as (
    select
        *,
        coalesce(valid_to, 'infinity') as until_day,
        (valid_from + interval '2 years')::date as window_closes_on
    from periods
),

-- What was in force a year ago, and whether it is on the day; a suspended policy may come back for two years.
marked as (
    select
        policy_key,
        in_force_flag and valid_from <= {{ since }} and until_day > {{ since }} as was_in_force,
        in_force_flag and valid_from <= {{ until }} and until_day > {{ until }} as is_in_force,
        status = 'suspended' and window_closes_on > {{ since }} and window_closes_on <= {{ until }} as is_closed,
        until_day <= window_closes_on
        and next_status in ('active', 'grace', 'paid_up', 'premium_waived') as came_back
    from dated
),

followed as (
    select
        policy_key,
        bool_or(was_in_force) as was_in_force,
        bool_or(is_in_force) as is_in_force,
        count(*) filter (where is_closed) as windows_closed,
        count(*) filter (where is_closed and came_back) as reinstated
    from marked
    group by policy_key
),

described as (
    select
        coalesce(policies.line_of_business, 'unknown') as product_line,
        coalesce(policies.channel, 'unknown') as channel,
        coalesce(policies.branch, 'unknown') as branch,
        case when not coalesce(policies.is_single_pay, false) then policies.annual_premium end as annual_premium,
        followed.*
    from policies
    inner join followed on policies.policy_key = followed.policy_key
),

summed as (
    select
        product_line,
        channel,
        branch,
        count(*) filter (where was_in_force and is_in_force) as kept,
        count(*) filter (where was_in_force) as held,
        sum(annual_premium) filter (where was_in_force and is_in_force) as kept_premium,
        sum(annual_premium) filter (where was_in_force) as held_premium,
        sum(reinstated) as reinstated,
        sum(windows_closed) as windows_closed
    from described
    group by grouping sets ((), (product_line), (channel), (branch))
),

final as (
    select
        metrics.metric,
        coalesce(summed.product_line, 'all') as product_line,
        coalesce(summed.channel, 'all') as channel,
        coalesce(summed.branch, 'all') as branch,
        metrics.numerator::numeric(18, 2) as numerator,
        metrics.denominator::numeric(18, 2) as denominator
    from summed
    cross join
        lateral (
            values
            ('retention_rate', summed.kept, summed.held),
            ('retention_rate_premium', coalesce(summed.kept_premium, 0), coalesce(summed.held_premium, 0)),
            ('reinstatement_rate', summed.reinstated, summed.windows_closed)
        ) as metrics (metric, numerator, denominator)
)

select * from final
