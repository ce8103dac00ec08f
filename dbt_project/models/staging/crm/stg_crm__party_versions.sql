with history as (
    {{ accepted_history('crm', 'contact', ['contact_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'contact_id') }} as party_key,
        'crm' as source_system,
        _version_id as version_id,
        seen_on,
        _is_deleted as is_deleted,
        md5(mobile) as phone_digest,
        null::text as province,
        city,
        null::text as occupation,
        null::numeric as annual_income,
        null::text as industry,
        null::integer as headcount,
        preferred_channel,
        is_app_user,
        -- A deletion has no row to say when it was recorded.
        coalesce(recorded_on, seen_on) as known_on
    from history
)

select * from final
