{{ built_by('policy_key') }}

with replayed as (
    select * from {{ ref('int_policy_events__replayed') }}
    {{ only_changed('policy_key') }}
),

policies as (
    select * from {{ ref('input__policies') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

-- What a status means. A status that is not listed is still running, and neither in force nor suspended.
meanings (status, status_group, exit_cause_group) as (
    values
    ('active', 'in_force', null),
    ('grace', 'in_force', null),
    ('paid_up', 'in_force', null),
    ('premium_waived', 'in_force', null),
    ('suspended', 'suspended', null),
    ('terminated_by_lapse', 'ended', 'lapse'),
    ('surrendered', 'ended', 'surrender'),
    ('claim_terminated', 'ended', 'claim'),
    ('matured', 'ended', 'maturity'),
    ('free_look_cancelled', 'ended', 'free_look_cancellation'),
    ('expired', 'ended', 'other')
),

marked as (
    select
        *,
        (status_after is distinct from lag(status_after) over before)::integer as is_change
    from replayed
    window before as (partition by policy_key order by position)
),

numbered as (
    select
        *,
        sum(is_change) over (partition by policy_key order by position)::integer as period_number
    from marked
),

-- Events that leave the status as it was (a renewal) belong to the period that goes on.
intervals as (
    select
        policy_key,
        period_number,
        (array_agg(policy_event_key order by position))[1] as policy_period_key,
        min(status_after) as status,
        bool_and(in_force_flag) as in_force_flag,
        min(valid_from) as valid_from,
        min(in_view_from) as in_view_from,
        min(known_on) as known_on,
        bool_or(is_stale) as is_stale
    from numbered
    group by policy_key, period_number
),

followed as (
    select
        *,
        lead(valid_from) over later as valid_to,
        lead(status) over later as next_status,
        -- A status is seen until any later one is: events may be recorded out of order.
        min(in_view_from) over (later rows between 1 following and unbounded following) as in_view_until
    from intervals
    window later as (partition by policy_key order by period_number)
),

final as (
    select
        followed.policy_period_key,
        followed.policy_key,
        holders.customer_key,
        followed.status,
        followed.in_force_flag,
        followed.valid_from,
        followed.valid_to,
        followed.in_view_from,
        followed.in_view_until,
        followed.known_on,
        followed.is_stale,
        followed.period_number,
        meanings.status_group,
        case when meanings.status_group = 'ended' then followed.status end as exit_cause,
        meanings.exit_cause_group,
        followed.next_status,
        case
            when policies.effective_on >= followed.valid_from then 1
            else extract(year from age(followed.valid_from, policies.effective_on))::integer + 1
        end as policy_year,
        followed.valid_to - followed.valid_from as period_days
    from followed
    inner join meanings on followed.status = meanings.status
    left join policies on followed.policy_key = policies.policy_key
    left join holders on followed.policy_key = holders.policy_key
)

select * from final
