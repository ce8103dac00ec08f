{#-
    A row a customer and line the model ranks: its product that may be offered, the best sold first; where none may, the
    best sold and why not. Reads the CTEs scores (ml.next_best_product of the date) and suitability.
-#}
{% macro checked_lines() -%}
    select distinct on (scores.customer_key, scores.rank)
        scores.as_of_date,
        scores.customer_key,
        scores.rank,
        scores.line_of_business,
        scores.score,
        scores.model_run_id,
        suitability.product_key,
        suitability.product_code,
        suitability.usual_premium,
        suitability.product_grade,
        suitability.seller_level_required,
        suitability.is_seller_authorised,
        coalesce(suitability.suitability_status, 'blocked') as suitability_status,
        case
            when suitability.customer_key is null then 'no_product' else suitability.blocked_reason_code
        end as blocked_reason_code
    from scores
    left join suitability
        on scores.customer_key = suitability.customer_key and scores.line_of_business = suitability.line_of_business
    order by
        scores.customer_key asc,
        scores.rank asc,
        suitability.blocked_reason_code is null desc,
        suitability.policies_sold desc,
        suitability.product_key asc
{%- endmacro %}
