{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('party_versions', ['policy_admin', 'crm', 'motor_portfolio']) }}
),

final as (
    select
        party_key,
        source_system,
        version_id,
        seen_on,
        is_deleted,
        phone_digest,
        province,
        city,
        occupation,
        annual_income,
        industry,
        headcount,
        preferred_channel,
        is_app_user,
        known_on
    from mapped
)

select * from final
