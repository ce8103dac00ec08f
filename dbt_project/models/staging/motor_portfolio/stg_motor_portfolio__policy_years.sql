{{ config(materialized='table') }}

with accepted as (
    {{ accepted_versions('motor_portfolio', 'policy_year', ['contract_id', 'last_renewal_on']) }}
),

final as (
    select
        contract_id::text as policy_id,
        contract_id::text || '|' || last_renewal_on::text as policy_year_id,
        birth_date::text || '|' || licence_date::text as party_id,
        birth_date,
        licence_date,
        -- 68 rows begin before their contract does: the earlier of the two is when the insurer knew of it.
        least(contract_started_on, min(last_renewal_on) over contract) as contract_started_on,
        last_renewal_on as term_starts_on,
        next_renewal_on as term_ends_on,
        row_number() over (contract order by last_renewal_on) = 1 as is_first,
        row_number() over (contract order by last_renewal_on desc) = 1 as is_last,
        case distribution_channel when '0' then 'agency' when '1' then 'broker' end as channel,
        premium,
        claim_cost,
        claim_count::integer as claim_count,
        case risk_type
            when 1 then 'motorbike'
            when 2 then 'van'
            when 3 then 'passenger_car'
            when 4 then 'agricultural'
        end as risk_type,
        case area when 0 then 'rural' when 1 then 'urban' end as area_code,
        second_driver = 1 as second_driver,
        registration_year::integer as registration_year,
        power_hp,
        cylinder_capacity,
        doors::integer as doors,
        case fuel when 'P' then 'petrol' when 'D' then 'diesel' end as fuel,
        length_m,
        weight_kg,
        -- Stamped when the file was extracted: a label only, never a feature. See the exit in __policy_events.
        lapsed_on,
        is_stale,
        bool_or(is_stale) over contract as is_contract_stale
    from accepted
    window contract as (partition by contract_id)
)

select * from final
