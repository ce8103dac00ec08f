{{ built_by('policy_key') }}

with premiums_due as (
    select * from {{ ref('input__premiums_due') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        premiums_due.premium_due_key,
        premiums_due.policy_key,
        holders.customer_key,
        premiums_due.due_on,
        premiums_due.amount,
        premiums_due.policy_year,
        premiums_due.occurred_on,
        premiums_due.known_on,
        premiums_due.is_stale
    from premiums_due
    left join holders on premiums_due.policy_key = holders.policy_key
)

select * from final
