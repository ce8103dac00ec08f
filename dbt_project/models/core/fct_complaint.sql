{{ built_by('complaint_key', changed='complaints') }}

with complaints as {{ picked() }} (
    select * from {{ ref('input__complaints') }}
    {{ only_changed('complaint_key', 'complaints') }}
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
    where policy_number in (select complaints.policy_number from complaints)
    group by policy_number
    having count(*) = 1
),

final as (
    select
        complaints.complaint_key,
        complaints.party_key,
        crosswalk.customer_key,
        policies.policy_key,
        complaints.policy_number,
        complaints.category,
        complaints.closed_on,
        complaints.is_regulator_forwarded,
        complaints.occurred_on,
        complaints.known_on,
        complaints.is_stale
    from complaints
    left join crosswalk on complaints.party_key = crosswalk.party_key
    left join policies on complaints.policy_number = policies.policy_number
)

select * from final
