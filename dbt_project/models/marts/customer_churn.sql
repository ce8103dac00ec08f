with scores as (
    select * from {{ source('ml', 'customer_churn') }}
),

reasons as not materialized (
    select * from {{ ref('churn_reason') }}
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        scores.as_of_date,
        scores.customer_key,
        scores.policies_at_risk,
        scores.p_lose_any::numeric(8, 6) as p_lose_any,
        scores.p_lose_all::numeric(8, 6) as p_lose_all,
        scores.p_lose_any_3m::numeric(8, 6) as p_lose_any_3m,
        scores.expected_policies_lost::numeric(12, 6) as expected_policies_lost,
        scores.premium_still_due,
        scores.premium_at_risk,
        scores.risk_band,
        scores.reason_1_code,
        scores.reason_1_effect::numeric(10, 6) as reason_1_effect,
        case
            when scores.reason_1_effect < 0 then first_reason.lowers_en else first_reason.raises_en
        end as reason_1_en,
        case
            when scores.reason_1_effect < 0 then first_reason.lowers_zh else first_reason.raises_zh
        end as reason_1_zh,
        scores.reason_2_code,
        scores.reason_2_effect::numeric(10, 6) as reason_2_effect,
        case
            when scores.reason_2_effect < 0 then second_reason.lowers_en else second_reason.raises_en
        end as reason_2_en,
        case
            when scores.reason_2_effect < 0 then second_reason.lowers_zh else second_reason.raises_zh
        end as reason_2_zh,
        scores.reason_3_code,
        scores.reason_3_effect::numeric(10, 6) as reason_3_effect,
        case
            when scores.reason_3_effect < 0 then third_reason.lowers_en else third_reason.raises_en
        end as reason_3_en,
        case
            when scores.reason_3_effect < 0 then third_reason.lowers_zh else third_reason.raises_zh
        end as reason_3_zh,
        scores.model_run_id
    from scores
    left join reasons as first_reason on scores.reason_1_code = first_reason.reason_code
    left join reasons as second_reason on scores.reason_2_code = second_reason.reason_code
    left join reasons as third_reason on scores.reason_3_code = third_reason.reason_code
    where scores.as_of_date = {{ today() }}
)

select * from final
