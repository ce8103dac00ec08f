{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('interactions', ['crm']) }}
),

final as (
    select
        interaction_key,
        source_system,
        interaction_id,
        party_key,
        channel,
        direction,
        topic,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
