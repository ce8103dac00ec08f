with segments as not materialized (
    select * from {{ ref('customer_segment') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

policies as (
    select * from {{ ref('policy_twelve_months') }}
),

-- Who holds is who is the policyholder. Segment 'all' is everybody, so that a share always stands beside the whole's.
members as (
    select
        segment_id::text as segment_id,
        segment_en,
        segment_zh,
        count(*)::integer as customers
    from segments
    group by segment_id, segment_en, segment_zh
    union all
    select
        'all',
        'All customers',
        '全部客户',
        count(*)::integer
    from segments
),

held as (
    select
        policies.product_key,
        coalesce(segments.segment_id::text, 'all') as segment_id,
        count(distinct policies.customer_key) filter (where policies.in_force_flag) as customers_holding,
        count(*) filter (where policies.in_force_flag) as policies_in_force,
        sum(policies.annual_premium_in_force) as annual_premium_in_force,
        count(distinct policies.customer_key) filter (where policies.is_issued) as customers_bought_12m,
        count(*) filter (where policies.is_issued) as policies_issued_12m,
        sum(policies.annual_premium_equivalent) filter (where policies.is_issued) as ape_12m,
        sum(policies.policy_years) as policy_years_12m,
        sum(policies.lapses) as lapses_12m,
        sum(policies.surrenders) as surrenders_12m,
        sum(policies.claims) as claims_12m,
        sum(policies.complaints) as complaints_12m
    from policies
    inner join segments on policies.customer_key = segments.customer_key
    group by grouping sets ((policies.product_key), (policies.product_key, segments.segment_id))
),

-- Every product with every segment: what nobody holds is an answer too.
shares as (
    select
        products.product_key,
        products.product_code,
        products.name_en,
        products.name_zh,
        products.line_of_business,
        members.*,
        coalesce(held.customers_holding, 0)::numeric / members.customers as penetration
    from products
    cross join members
    left join held on products.product_key = held.product_key and members.segment_id = held.segment_id
    where members.customers > 0
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        shares.product_code,
        shares.name_en as product_en,
        shares.name_zh as product_zh,
        shares.line_of_business,
        shares.segment_id,
        shares.segment_en,
        shares.segment_zh,
        shares.customers,
        coalesce(held.customers_holding, 0)::integer as customers_holding,
        shares.penetration::numeric(9, 6) as penetration,
        (shares.penetration / nullif(whole.penetration, 0))::numeric(12, 4) as penetration_lift,
        coalesce(held.policies_in_force, 0)::integer as policies_in_force,
        coalesce(held.annual_premium_in_force, 0)::numeric(18, 2) as annual_premium_in_force,
        coalesce(held.customers_bought_12m, 0)::integer as customers_bought_12m,
        coalesce(held.policies_issued_12m, 0)::integer as policies_issued_12m,
        coalesce(held.ape_12m, 0)::numeric(18, 2) as ape_12m,
        coalesce(held.policy_years_12m, 0)::numeric(16, 4) as policy_years_12m,
        coalesce(held.lapses_12m, 0)::integer as lapses_12m,
        coalesce(held.surrenders_12m, 0)::integer as surrenders_12m,
        coalesce(held.claims_12m, 0)::integer as claims_12m,
        coalesce(held.complaints_12m, 0)::integer as complaints_12m
    from shares
    inner join shares as whole on shares.product_key = whole.product_key and whole.segment_id = 'all'
    left join held on shares.product_key = held.product_key and shares.segment_id = held.segment_id
)

select * from final
