with products as (
    select * from {{ ref('input__products') }}
),

final as (
    select
        product_key,
        source_system,
        product_code,
        name_zh,
        name_en,
        line_of_business,
        is_long_term,
        first_year_commission_rate,
        renewal_commission_rate,
        entry_age_from,
        entry_age_to,
        known_on,
        is_stale
    from products
)

select * from final
