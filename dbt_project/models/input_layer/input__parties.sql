{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('parties', ['policy_admin', 'crm', 'motor_portfolio']) }}
),

final as (
    select
        party_key,
        source_system,
        party_id,
        party_type,
        name,
        id_type,
        id_number,
        credit_code,
        proxy_identity,
        birth_date,
        licence_date,
        sex,
        phone,
        email,
        province,
        city,
        address,
        occupation,
        annual_income,
        industry,
        headcount,
        preferred_channel,
        is_app_user,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
