with accepted as (
    {{ accepted_versions('crm', 'consent', ['consent_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'consent_id') }} as consent_key,
        'crm' as source_system,
        consent_id::text as consent_id,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        purpose,
        state,
        occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
