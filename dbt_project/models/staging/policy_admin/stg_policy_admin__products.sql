with accepted as (
    {{ accepted_versions('policy_admin', 'product', ['product_code']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'product_code') }} as product_key,
        'policy_admin' as source_system,
        product_code as product_id,
        product_code,
        product_name as name_zh,
        product_name_en as name_en,
        line_of_business,
        is_long_term,
        first_year_commission_rate,
        renewal_commission_rate,
        min_age::integer as entry_age_from,
        max_age::integer as entry_age_to,
        on_sale_from as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
