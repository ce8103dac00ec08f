with accepted as (
    {{ accepted_versions('crm', 'satisfaction_survey', ['survey_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'survey_id') }} as survey_key,
        'crm' as source_system,
        survey_id::text as survey_id,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        score::integer as score,
        surveyed_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
