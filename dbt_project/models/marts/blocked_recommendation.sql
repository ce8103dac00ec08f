with scores as (
    select * from {{ source('ml', 'next_best_product') }}
    where as_of_date = {{ today() }}
),

customers as not materialized (
    select * from {{ ref('dim_customer') }}
    where not is_prospect
),

suitability as (
    select * from {{ ref('customer_product_suitability') }}
),

reasons as (
    select * from {{ ref('suitability_reason') }}
),

checked as (
    {{ checked_lines() }}
),

-- Who did not consent is not ranked: all lines are blocked at once.
blocked as (
    select
        customer_key,
        line_of_business,
        rank,
        score,
        model_run_id,
        product_key,
        product_code,
        blocked_reason_code
    from checked
    where suitability_status = 'blocked' and rank <= 3
    union all
    select
        customer_key,
        'all' as line_of_business,
        null as rank,
        null as score,
        null as model_run_id,
        null as product_key,
        null as product_code,
        'no_marketing_consent' as blocked_reason_code
    from customers
    where not coalesce(marketing_consent, false)
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        blocked.customer_key,
        blocked.line_of_business,
        blocked.rank::integer as rank,
        blocked.score::numeric(8, 6) as score,
        blocked.product_key,
        blocked.product_code,
        blocked.blocked_reason_code,
        reasons.label_en as reason_en,
        reasons.label_zh as reason_zh,
        reasons.what_to_do_en,
        reasons.what_to_do_zh,
        blocked.model_run_id::bigint as model_run_id
    from blocked
    inner join reasons on blocked.blocked_reason_code = reasons.reason_code
    inner join customers on blocked.customer_key = customers.customer_key
)

select * from final
