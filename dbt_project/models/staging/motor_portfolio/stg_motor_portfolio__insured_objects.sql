with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'policy_id') }} as insured_object_key,
        'motor_portfolio' as source_system,
        policy_id as insured_object_id,
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        'vehicle' as object_type,
        risk_type,
        area_code,
        registration_year,
        power_hp,
        cylinder_capacity as cylinder_capacity_cc,
        doors,
        fuel,
        length_m,
        weight_kg,
        second_driver,
        null::numeric as floor_area_m2,
        null::numeric as insured_value,
        contract_started_on as occurred_on,
        contract_started_on as known_on,
        is_contract_stale as is_stale
    from policy_years
    where is_last
)

select * from final
