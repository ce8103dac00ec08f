{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policy_terms', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        policy_term_key,
        source_system,
        policy_term_id,
        policy_key,
        term_number,
        term_starts_on,
        term_ends_on,
        premium,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
