with policy_years as (
    {{ rejected_heads('motor_portfolio', 'policy_year', ['contract_id', 'last_renewal_on']) }}
),

readings as (
    select
        {{ entity_key('motor_portfolio', 'contract_id') }} as contract_key,
        {{ entity_key('motor_portfolio', ['contract_id', 'last_renewal_on']) }} as policy_year_key,
        extract(year from last_renewal_on)::integer as year,
        premium,
        claim_cost
    from policy_years
),

-- Each part mirrors the control total that the profile asks the file for.
contributions as (
    select distinct
        'contracts' as measure,
        null::integer as year,
        contract_key as record_key,
        1::numeric as value
    from readings
    union all
    select 'policy_years', year, policy_year_key, 1
    from readings
    union all
    select 'premium', year, policy_year_key, premium
    from readings
    union all
    select 'claim_cost', year, policy_year_key, claim_cost
    from readings
),

final as (
    select
        md5('motor_portfolio|' || measure || '|' || record_key) as quarantined_value_key,
        'motor_portfolio' as source_system,
        measure,
        year,
        record_key,
        value
    from contributions
)

select * from final
