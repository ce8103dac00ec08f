with scores as (
    select * from {{ source('ml', 'customer_value') }}
),

service_standards as (
    select * from {{ ref('service_standard') }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        scores.as_of_date,
        scores.customer_key,
        scores.value_past,
        scores.value_inforce,
        scores.value_growth,
        scores.cost_to_serve,
        scores.expected_premium_12m,
        scores.naive_premium_12m,
        scores.clv,
        scores.value_grade,
        service_standards.label_en as service_standard_en,
        service_standards.label_zh as service_standard_zh,
        service_standards.response_hours,
        service_standards.contacts_per_year,
        service_standards.has_named_adviser,
        scores.model_run_id,
        scores.value_inforce_1y,
        scores.value_inforce_5y,
        scores.value_at_risk,
        scores.prior_grade,
        scores.clv_p10,
        scores.clv_p90
    from scores
    left join service_standards on scores.value_grade = service_standards.value_grade
    where scores.as_of_date = {{ today() }}
)

select * from final
