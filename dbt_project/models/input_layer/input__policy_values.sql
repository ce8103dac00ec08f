{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policy_values', ['policy_admin']) }}
),

final as (
    select
        policy_value_key,
        source_system,
        policy_value_id,
        policy_key,
        valued_on,
        cash_value,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
