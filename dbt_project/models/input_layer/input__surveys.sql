{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('surveys', ['crm']) }}
),

final as (
    select
        survey_key,
        source_system,
        survey_id,
        party_key,
        score,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
