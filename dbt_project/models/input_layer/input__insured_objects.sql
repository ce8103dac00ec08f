{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('insured_objects', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        insured_object_key,
        source_system,
        insured_object_id,
        policy_key,
        object_type,
        risk_type,
        area_code,
        registration_year,
        power_hp,
        cylinder_capacity_cc,
        doors,
        fuel,
        length_m,
        weight_kg,
        second_driver,
        floor_area_m2,
        insured_value,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
