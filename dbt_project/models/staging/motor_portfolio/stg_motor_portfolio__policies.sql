with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

final as (
    select
        {{ entity_key('motor_portfolio', 'policy_id') }} as policy_key,
        'motor_portfolio' as source_system,
        policy_id,
        policy_id as policy_number,
        md5('motor_portfolio|motor') as product_key,
        null::text as agent_key,
        channel,
        null::text as branch,
        contract_started_on as issued_on,
        contract_started_on as effective_on,
        null::date as expires_on,
        null::text as premium_mode,
        false as is_single_pay,
        null::integer as payment_term_years,
        null::integer as policy_term_years,
        premium as annual_premium,
        null::numeric as sum_assured,
        '{{ var("currency") }}' as currency,
        contract_started_on as occurred_on,
        contract_started_on as known_on,
        is_contract_stale as is_stale
    from policy_years
    where is_last
)

select * from final
