{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('consents', ['crm']) }}
),

final as (
    select
        consent_key,
        source_system,
        consent_id,
        party_key,
        purpose,
        state,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
