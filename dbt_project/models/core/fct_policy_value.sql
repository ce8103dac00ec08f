{{ built_by('policy_key') }}

with policy_values as (
    select * from {{ ref('input__policy_values') }}
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

followed as (
    select
        *,
        lead(valued_on) over (partition by policy_key order by valued_on, policy_value_key) as next_valued_on
    from policy_values
),

final as (
    select
        followed.policy_value_key,
        followed.policy_key,
        holders.customer_key,
        followed.valued_on,
        least(followed.next_valued_on, ends.ended_on) as valid_until,
        followed.cash_value,
        followed.occurred_on,
        followed.known_on,
        followed.is_stale
    from followed
    left join ends on followed.policy_key = ends.policy_key
    left join holders on followed.policy_key = holders.policy_key
)

select * from final
