-- The file is one product's portfolio; it names none. It exists from the first contract on.
with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        md5('motor_portfolio|motor') as product_key,
        'motor_portfolio' as source_system,
        'motor' as product_id,
        'motor' as product_code,
        '机动车辆保险' as name_zh,
        'Motor insurance' as name_en,
        'motor' as line_of_business,
        false as is_long_term,
        0::numeric as first_year_commission_rate,
        0::numeric as renewal_commission_rate,
        null::integer as entry_age_from,
        null::integer as entry_age_to,
        min(contract_started_on) as occurred_on,
        min(contract_started_on) as known_on,
        false as is_stale
    from policy_years
    having count(*) > 0
)

select * from final
