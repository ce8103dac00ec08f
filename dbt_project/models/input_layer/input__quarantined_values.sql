with mapped as (
    {{ union_of_connectors('quarantined_values', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        quarantined_value_key,
        source_system,
        measure,
        year,
        record_key,
        value
    from mapped
)

select * from final
