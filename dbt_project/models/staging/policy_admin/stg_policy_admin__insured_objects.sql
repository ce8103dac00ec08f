with accepted as (
    {{ accepted_versions('policy_admin', 'insured_object', ['object_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'object_id') }} as insured_object_key,
        'policy_admin' as source_system,
        object_id::text as insured_object_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        object_type,
        null::text as risk_type,
        null::text as area_code,
        registration_year::integer as registration_year,
        power_hp,
        null::numeric as cylinder_capacity_cc,
        null::integer as doors,
        fuel,
        null::numeric as length_m,
        null::numeric as weight_kg,
        null::boolean as second_driver,
        floor_area_m2,
        insured_value,
        recorded_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
