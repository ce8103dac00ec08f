with mapped as (
    {{ union_of_connectors('agent_notes', ['crm']) }}
),

final as (
    select
        note_key,
        source_system,
        note_id,
        agent_key,
        party_key,
        title,
        body,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
