{#- Segment's share ÷ everybody's share; interval of the ratio by its logarithm (Katz et al. 1978). -#}
with insight as not materialized (
    select * from {{ ref('product_insight') }}
),

compared as (
    select
        own.*,
        whole.customers as customers_of_all,
        whole.customers_holding as holding_of_all,
        whole.customers_bought_12m::numeric / whole.customers as buying_of_all,
        sqrt(
            1.0 / nullif(own.customers_holding, 0) - 1.0 / own.customers
            + 1.0 / nullif(whole.customers_holding, 0) - 1.0 / whole.customers
        ) as error_of_logarithm
    from insight as own
    inner join insight as whole on own.product_code = whole.product_code and whole.segment_id = 'all'
    where own.segment_id <> 'all'
),

bounded as (
    select
        *,
        penetration_lift * exp(-1.96 * error_of_logarithm) as fit_lower,
        penetration_lift * exp(1.96 * error_of_logarithm) as fit_upper
    from compared
),

final as (
    select
        edition_id,
        as_of_date,
        segment_id::integer as segment_id,
        segment_en,
        segment_zh,
        product_code,
        product_en,
        product_zh,
        line_of_business,
        customers,
        customers_holding,
        penetration,
        penetration_lift as fit_index,
        fit_lower::numeric(12, 4) as fit_lower,
        fit_upper::numeric(12, 4) as fit_upper,
        case
            when customers_holding = 0 and holding_of_all > 0 then 'under'
            when fit_lower > 1 then 'over'
            when fit_upper < 1 then 'under'
            else 'as_everybody'
        end as fit,
        ((customers_bought_12m::numeric / customers) / nullif(buying_of_all, 0))::numeric(12, 4) as buying_index,
        rank() over (partition by segment_id order by penetration_lift desc nulls last)::integer as rank_in_segment
    from bounded
)

select * from final
