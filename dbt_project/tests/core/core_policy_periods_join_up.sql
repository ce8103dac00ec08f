-- The life of a policy has no overlap and no gap, one open interval, and ends where dim_policy says that it ended.
{{ config(tags=['severity_stop', 'hurts_policy_360', 'hurts_persistency', 'hurts_customer_churn']) }}

with periods as (
    select * from {{ ref('fct_policy_period') }}
    {{ only_changed('policy_key') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
    {{ only_changed('policy_key') }}
),

neighbours as (
    select
        *,
        lag(valid_to) over (partition by policy_key order by period_number) as previous_valid_to,
        lag(status) over (partition by policy_key order by period_number) as previous_status
    from periods
),

joined as (
    select
        policy_key,
        case
            when valid_to < valid_from then 'ends before it begins'
            when period_number > 1 and coalesce(previous_valid_to, 'infinity') <> valid_from then 'gap or overlap'
            when status = previous_status then 'one status in two intervals'
            when in_force_flag <> (status_group = 'in_force') then 'in force, and not as its status says'
            when (status_group = 'ended') <> (exit_cause_group is not null) then 'ended without a cause, or not ended'
        end as broken
    from neighbours
),

open_ends as (
    select
        policy_key,
        'not exactly one open interval' as broken
    from periods
    group by policy_key
    having count(*) filter (where valid_to is null) <> 1
),

ends as (
    select
        policies.policy_key,
        'end differs from dim_policy' as broken
    from policies
    left join periods
        on
            policies.policy_key = periods.policy_key
            and periods.status_group = 'ended'
            and periods.in_view_from <= {{ today() }}
            and (periods.in_view_until is null or periods.in_view_until > {{ today() }})
    where
        policies.ended_on is distinct from periods.valid_from
        or policies.exit_cause is distinct from periods.exit_cause
)

select * from joined
where broken is not null
union all
select * from open_ends
union all
select * from ends
