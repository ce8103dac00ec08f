{#- As assigned, not as done: who was drawn to be treated counts as treated, contacted or not. -#}
with enrolments as (
    select * from {{ ref('retention_enrolment') }}
),

summed as (
    select
        horizon_months,
        coalesce(to_char(enrolled_on, 'YYYY-MM'), 'all') as cohort_month,
        case when grouping(value_grade) = 1 then 'all' else coalesce(value_grade, 'unknown') end as value_grade,
        case when grouping(risk_band) = 1 then 'all' else coalesce(risk_band, 'unknown') end as risk_band,
        count(*) filter (where arm = 'treated')::integer as treated,
        count(*) filter (where arm = 'treated' and is_kept)::integer as treated_kept,
        count(*) filter (where arm = 'treated' and was_contacted)::integer as treated_contacted,
        count(*) filter (where arm = 'treated' and has_accepted)::integer as treated_accepted,
        count(*) filter (where arm = 'holdout')::integer as holdout,
        count(*) filter (where arm = 'holdout' and is_kept)::integer as holdout_kept,
        count(*) filter (where arm = 'holdout' and was_contacted)::integer as holdout_contacted,
        coalesce(sum(premium_held) filter (where arm = 'treated'), 0)::numeric(18, 2) as treated_premium,
        coalesce(sum(premium_kept) filter (where arm = 'treated'), 0)::numeric(18, 2) as treated_premium_kept,
        coalesce(sum(premium_held) filter (where arm = 'holdout'), 0)::numeric(18, 2) as holdout_premium,
        coalesce(sum(premium_kept) filter (where arm = 'holdout'), 0)::numeric(18, 2) as holdout_premium_kept,
        bool_and(is_final) as is_final
    from enrolments
    group by
        horizon_months,
        grouping sets ((), (to_char(enrolled_on, 'YYYY-MM')), (value_grade), (risk_band))
),

-- Without anybody in an arm nothing is said about it.
limits as (
    select
        *,
        treated_kept::double precision / nullif(treated, 0) as treated_rate,
        {{ wilson('treated_kept', 'nullif(treated, 0)', '-') }} as treated_low,
        {{ wilson('treated_kept', 'nullif(treated, 0)', '+') }} as treated_high,
        holdout_kept::double precision / nullif(holdout, 0) as holdout_rate,
        {{ wilson('holdout_kept', 'nullif(holdout, 0)', '-') }} as holdout_low,
        {{ wilson('holdout_kept', 'nullif(holdout, 0)', '+') }} as holdout_high
    from summed
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        horizon_months,
        cohort_month,
        value_grade,
        risk_band,
        treated,
        treated_kept,
        holdout,
        holdout_kept,
        treated_rate::numeric(8, 6) as treated_rate,
        holdout_rate::numeric(8, 6) as holdout_rate,
        (treated_rate - holdout_rate)::numeric(8, 6) as effect,
        {{ newcombe_low('treated_rate', 'treated_low', 'holdout_rate', 'holdout_high') }}::numeric(8, 6) as effect_low,
        {{ newcombe_high('treated_rate', 'treated_high', 'holdout_rate', 'holdout_low') }}::numeric(8, 6)
            as effect_high,
        treated_premium,
        treated_premium_kept,
        holdout_premium,
        holdout_premium_kept,
        treated_contacted,
        treated_accepted,
        holdout_contacted,
        is_final
    from limits
)

select * from final
