{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('retention_tasks', ['crm']) }}
),

final as (
    select
        retention_task_key,
        source_system,
        retention_task_id,
        party_key,
        policy_number,
        arm,
        value_grade,
        risk_band,
        contacted_on,
        outcome,
        closed_on,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
