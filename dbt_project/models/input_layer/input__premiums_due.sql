{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('premiums_due', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        premium_due_key,
        source_system,
        premium_due_id,
        policy_key,
        due_on,
        amount,
        policy_year,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
