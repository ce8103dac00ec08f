with accepted as (
    {{ accepted_versions('crm', 'contact', ['contact_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'contact_id') }} as party_key,
        'crm' as source_system,
        contact_id as party_id,
        contact_type as party_type,
        nullif(trim(name), '') as name,
        null::text as id_type,
        nullif(upper(trim(id_number)), '') as id_number,
        nullif(upper(trim(credit_code)), '') as credit_code,
        null::text as proxy_identity,
        birth_date,
        null::date as licence_date,
        null::text as sex,
        mobile as phone,
        email,
        null::text as province,
        city,
        null::text as address,
        null::text as occupation,
        null::numeric as annual_income,
        null::text as industry,
        null::integer as headcount,
        preferred_channel,
        is_app_user,
        recorded_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
