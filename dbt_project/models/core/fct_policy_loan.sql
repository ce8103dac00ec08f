{{ built_by('policy_key') }}

with policy_events as not materialized (
    select * from {{ ref('input__policy_events') }}
    {{ only_changed('policy_key') }}
),

ends as (
    select policy_key, min(valid_from) as ended_on
    from {{ ref('fct_policy_period') }}
    where status_group = 'ended' and next_status is null
    group by policy_key
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

loans as (
    select * from policy_events
    where event_type = 'loan_taken'
),

-- Sources record that a policy's loans were repaid, not which: a repayment ends every loan taken before it.
repaid as (
    select
        loans.policy_event_key,
        min(policy_events.occurred_on) as repaid_on,
        min(greatest(policy_events.occurred_on, policy_events.known_on)) as repaid_in_view_from
    from loans
    inner join policy_events
        on
            loans.policy_key = policy_events.policy_key
            and policy_events.event_type = 'loan_repaid'
            and loans.occurred_on <= policy_events.occurred_on
    group by loans.policy_event_key
),

final as (
    select
        loans.policy_event_key as policy_loan_key,
        loans.policy_key,
        holders.customer_key,
        loans.occurred_on as taken_on,
        loans.amount,
        repaid.repaid_on,
        least(repaid.repaid_on, ends.ended_on) as settled_on,
        loans.occurred_on,
        loans.known_on,
        loans.is_stale,
        repaid.repaid_in_view_from
    from loans
    left join repaid on loans.policy_event_key = repaid.policy_event_key
    left join ends on loans.policy_key = ends.policy_key
    left join holders on loans.policy_key = holders.policy_key
)

select * from final
