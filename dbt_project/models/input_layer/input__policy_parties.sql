{{ built_by('policy_key', found_by=['party_key']) }}

with mapped as (
    {{ union_of_connectors('policy_parties', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        policy_party_key,
        source_system,
        policy_party_id,
        policy_key,
        party_key,
        role,
        relationship,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
