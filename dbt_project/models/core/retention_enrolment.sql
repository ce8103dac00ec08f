{% set the_day = today() %}
{#- A customer is enrolled by the first task of a year; the arm of that day stands, whatever was done after. -#}
with tasks as (
    select
        *,
        min(occurred_on) over (partition by customer_key) as first_on
    from {{ ref('fct_retention_task') }}
    where customer_key is not null
),

policies as (
    select * from {{ ref('dim_policy') }}
),

periods as not materialized (
    select * from {{ ref('fct_policy_period') }}
),

horizons (horizon_months) as (
    values (3), (6), (12)
),

numbered as (
    select
        *,
        extract(year from age(occurred_on, first_on))::integer + 1 as enrolment_number
    from tasks
),

enrolments as (
    select
        customer_key,
        enrolment_number,
        min(occurred_on) as enrolled_on,
        (array_agg(arm order by occurred_on, retention_task_key))[1] as arm,
        (array_agg(value_grade order by occurred_on, retention_task_key))[1] as value_grade,
        (array_agg(risk_band order by occurred_on, retention_task_key))[1] as risk_band,
        bool_or(contacted_on is not null) as was_contacted,
        bool_or(coalesce(outcome = 'accepted', false)) as has_accepted
    from numbered
    group by customer_key, enrolment_number
),

-- Windows that are over.
windows as (
    select
        enrolments.*,
        horizons.horizon_months,
        (enrolments.enrolled_on + make_interval(months => horizons.horizon_months))::date as window_ends_on
    from enrolments
    cross join horizons
    where (enrolments.enrolled_on + make_interval(months => horizons.horizon_months))::date <= {{ the_day }}
),

-- What was in force on the day of enrolment, and whether the holder had dropped it when the window closed.
followed as (
    select
        windows.customer_key,
        windows.enrolment_number,
        windows.horizon_months,
        case when not coalesce(policies.is_single_pay, false) then policies.annual_premium else 0 end as annual_premium,
        ends.status in ('suspended', 'terminated_by_lapse', 'surrendered', 'expired') as is_lost
    from windows
    inner join policies on windows.customer_key = policies.customer_key
    inner join periods as starts
        on
            policies.policy_key = starts.policy_key
            and starts.in_force_flag
            and windows.enrolled_on >= starts.valid_from
            and windows.enrolled_on < coalesce(starts.valid_to, 'infinity')
    inner join periods as ends
        on
            policies.policy_key = ends.policy_key
            and windows.window_ends_on >= ends.valid_from
            and windows.window_ends_on < coalesce(ends.valid_to, 'infinity')
),

held as (
    select
        customer_key,
        enrolment_number,
        horizon_months,
        count(*) as policies_held,
        count(*) filter (where is_lost) as policies_lost,
        sum(annual_premium) as premium_held,
        sum(annual_premium) filter (where not is_lost) as premium_kept
    from followed
    group by customer_key, enrolment_number, horizon_months
),

final as (
    select
        windows.customer_key,
        windows.enrolment_number,
        windows.horizon_months,
        windows.enrolled_on,
        windows.window_ends_on,
        windows.arm,
        windows.value_grade,
        windows.risk_band,
        windows.was_contacted,
        windows.has_accepted,
        held.policies_held::integer as policies_held,
        held.policies_lost::integer as policies_lost,
        held.policies_lost = 0 as is_kept,
        coalesce(held.premium_held, 0)::numeric(16, 2) as premium_held,
        coalesce(held.premium_kept, 0)::numeric(16, 2) as premium_kept,
        windows.window_ends_on + {{ var('grace_days') }} <= {{ the_day }} as is_final
    from windows
    inner join held
        on
            windows.customer_key = held.customer_key
            and windows.enrolment_number = held.enrolment_number
            and windows.horizon_months = held.horizon_months
)

select * from final
