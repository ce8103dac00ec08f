with scores as (
    select * from {{ source('ml', 'next_best_product') }}
    where as_of_date = {{ today() }}
),

customers as not materialized (
    select * from {{ ref('dim_customer') }}
),

suitability as (
    select * from {{ ref('customer_product_suitability') }}
),

offers as (
    select * from {{ ref('product_offer') }}
),

checked as (
    {{ checked_lines() }}
),

ranked as (
    select
        checked.*,
        row_number() over (partition by checked.customer_key order by checked.rank) as place
    from checked
    inner join customers on checked.customer_key = customers.customer_key
    where checked.suitability_status <> 'blocked' and customers.marketing_consent
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        ranked.as_of_date,
        ranked.customer_key,
        ranked.place::integer as rank,
        ranked.line_of_business,
        ranked.score::numeric(8, 6) as score,
        ranked.model_run_id,
        ranked.product_key,
        ranked.product_code,
        offers.name_en as product_en,
        offers.name_zh as product_zh,
        ranked.usual_premium,
        ranked.suitability_status,
        ranked.seller_level_required,
        ranked.is_seller_authorised
    from ranked
    inner join customers on ranked.customer_key = customers.customer_key
    inner join offers
        on ranked.product_key = offers.product_key and customers.customer_type = offers.customer_type
    where ranked.place <= 3
)

select * from final
