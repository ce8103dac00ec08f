with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'party_id') }} as party_key,
        'motor_portfolio' as source_system,
        party_id,
        'person' as party_type,
        null::text as name,
        null::text as id_type,
        null::text as id_number,
        null::text as credit_code,
        party_id as proxy_identity,
        birth_date,
        licence_date,
        null::text as sex,
        null::text as phone,
        null::text as email,
        null::text as province,
        null::text as city,
        null::text as address,
        null::text as occupation,
        null::numeric as annual_income,
        null::text as industry,
        null::integer as headcount,
        null::text as preferred_channel,
        null::boolean as is_app_user,
        min(contract_started_on) as occurred_on,
        min(contract_started_on) as known_on,
        bool_or(is_stale) as is_stale
    from policy_years
    group by party_id, birth_date, licence_date
)

select * from final
