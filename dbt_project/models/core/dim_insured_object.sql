{{ built_by('policy_key') }}

with insured_objects as (
    select * from {{ ref('input__insured_objects') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        insured_objects.insured_object_key,
        insured_objects.policy_key,
        holders.customer_key,
        insured_objects.object_type,
        insured_objects.risk_type,
        insured_objects.area_code,
        insured_objects.registration_year,
        insured_objects.power_hp,
        insured_objects.cylinder_capacity_cc,
        insured_objects.doors,
        insured_objects.fuel,
        insured_objects.length_m,
        insured_objects.weight_kg,
        insured_objects.second_driver,
        insured_objects.floor_area_m2,
        insured_objects.insured_value,
        insured_objects.occurred_on,
        insured_objects.known_on,
        insured_objects.is_stale
    from insured_objects
    left join holders on insured_objects.policy_key = holders.policy_key
)

select * from final
