with accepted as (
    {{ accepted_versions('policy_admin', 'party', ['party_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'party_id') }} as party_key,
        'policy_admin' as source_system,
        party_id::text as party_id,
        party_type,
        nullif(trim(name), '') as name,
        id_type,
        nullif(upper(trim(id_number)), '') as id_number,
        nullif(upper(trim(credit_code)), '') as credit_code,
        null::text as proxy_identity,
        birth_date,
        null::date as licence_date,
        sex,
        phone,
        null::text as email,
        province,
        city,
        address,
        occupation,
        annual_income,
        industry,
        headcount,
        null::text as preferred_channel,
        null::boolean as is_app_user,
        recorded_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
