with scores as (
    select * from {{ source('ml', 'next_best_product') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        scores.as_of_date,
        scores.customer_key,
        scores.rank::integer as rank,
        scores.line_of_business,
        scores.score::numeric(8, 6) as score,
        scores.model_run_id
    from scores
    inner join customers on scores.customer_key = customers.customer_key
    where scores.as_of_date = '{{ var("as_of_date") }}'::date and customers.marketing_consent
)

select * from final
