with accepted as (
    {{ accepted_versions('crm', 'agent_note', ['note_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'note_id') }} as note_key,
        'crm' as source_system,
        note_id::text as note_id,
        {{ entity_key('policy_admin', 'agent_id') }} as agent_key,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        title,
        body,
        written_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
