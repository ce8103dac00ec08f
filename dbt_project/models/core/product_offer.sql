with products as (
    select * from {{ ref('dim_product') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

suitability as (
    select * from {{ ref('product_suitability') }}
),

assumptions as (
    select * from {{ ref('suitability_assumption') }}
),

-- What is sold of late, and for how much a year where it is paid by the year.
sold as (
    select
        policies.product_key,
        count(*) as policies_sold,
        (
            percentile_cont(0.5) within group (order by policies.annual_premium)
            filter (where not policies.is_single_pay)
        )::numeric(14, 2
        ) as usual_premium
    from policies
    cross join assumptions
    where policies.issued_on > {{ today() }} - make_interval(months => assumptions.premium_months)
    group by policies.product_key
),

graded as (
    select
        products.*,
        suitability.customer_type,
        suitability.product_grade,
        suitability.premium_income_cap,
        suitability.seller_level_required,
        coalesce(sold.policies_sold, 0) as policies_sold,
        sold.usual_premium,
        -- A row of the product's own before the line's.
        rank() over (partition by products.product_key order by suitability.product_code = '*') as place
    from products
    inner join suitability
        on
            products.line_of_business = suitability.line_of_business
            and suitability.product_code in (products.product_code, '*')
    left join sold on products.product_key = sold.product_key
),

final as (
    select
        product_key,
        customer_type,
        product_code,
        line_of_business,
        name_en,
        name_zh,
        entry_age_from,
        entry_age_to,
        product_grade,
        premium_income_cap,
        seller_level_required,
        policies_sold::integer as policies_sold,
        usual_premium
    from graded
    where place = 1
)

select * from final
