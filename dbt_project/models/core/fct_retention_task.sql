with tasks as (
    select * from {{ ref('input__retention_tasks') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
),

-- A policy number that two policies carry identifies neither.
policies as (
    select
        policy_number,
        min(policy_key) as policy_key
    from {{ ref('int_policies__held') }}
    group by policy_number
    having count(*) = 1
),

final as (
    select
        tasks.retention_task_key,
        crosswalk.customer_key,
        policies.policy_key,
        tasks.policy_number,
        tasks.arm,
        tasks.value_grade,
        tasks.risk_band,
        tasks.contacted_on,
        tasks.outcome,
        tasks.closed_on,
        tasks.occurred_on,
        tasks.known_on,
        tasks.is_stale
    from tasks
    left join crosswalk on tasks.party_key = crosswalk.party_key
    left join policies on tasks.policy_number = policies.policy_number
)

select * from final
