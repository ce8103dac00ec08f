{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('complaints', ['crm']) }}
),

final as (
    select
        complaint_key,
        source_system,
        complaint_id,
        party_key,
        policy_number,
        category,
        closed_on,
        is_regulator_forwarded,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
