with history as (
    {{ accepted_history('policy_admin', 'party', ['party_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'party_id') }} as party_key,
        'policy_admin' as source_system,
        _version_id as version_id,
        seen_on,
        _is_deleted as is_deleted,
        md5(phone) as phone_digest,
        province,
        city,
        occupation,
        annual_income,
        industry,
        headcount,
        null::text as preferred_channel,
        null::boolean as is_app_user,
        -- A deletion has no row to say when it was recorded.
        coalesce(recorded_on, seen_on) as known_on
    from history
)

select * from final
