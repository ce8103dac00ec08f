with mapped as (
    {{ union_of_connectors('products', ['policy_admin', 'motor_portfolio']) }}
),

final as (
    select
        product_key,
        source_system,
        product_id,
        product_code,
        name_zh,
        name_en,
        line_of_business,
        is_long_term,
        first_year_commission_rate,
        renewal_commission_rate,
        entry_age_from,
        entry_age_to,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
