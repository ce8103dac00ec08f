with accepted as (
    {{ accepted_versions('crm', 'retention_task', ['task_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'task_id') }} as retention_task_key,
        'crm' as source_system,
        task_id::text as retention_task_id,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        nullif(trim(policy_no), '') as policy_number,
        arm,
        value_grade,
        risk_band,
        contacted_on,
        outcome,
        closed_on,
        offered_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
