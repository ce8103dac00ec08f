with accepted as (
    {{ accepted_versions('crm', 'complaint', ['complaint_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'complaint_id') }} as complaint_key,
        'crm' as source_system,
        complaint_id::text as complaint_id,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        nullif(trim(policy_no), '') as policy_number,
        category,
        closed_on,
        is_regulator_forwarded,
        opened_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
