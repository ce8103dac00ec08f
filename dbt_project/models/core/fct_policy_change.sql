{{ built_by('policy_key') }}

with policy_changes as (
    select * from {{ ref('input__policy_changes') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        policy_changes.policy_change_key,
        policy_changes.policy_key,
        holders.customer_key,
        policy_changes.change_type,
        policy_changes.requested_on,
        policy_changes.effective_on,
        policy_changes.requested_by,
        policy_changes.old_value,
        policy_changes.new_value,
        policy_changes.occurred_on,
        policy_changes.known_on,
        policy_changes.is_stale
    from policy_changes
    left join holders on policy_changes.policy_key = holders.policy_key
)

select * from final
