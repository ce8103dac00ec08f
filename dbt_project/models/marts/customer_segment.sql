with scores as (
    select * from {{ source('ml', 'customer_segment') }}
),

segments as (
    select * from {{ source('ml', 'segment') }}
),

-- Segments of another model run have other borders: nobody moved, the map was drawn anew.
before as (
    select
        customer_key,
        model_run_id,
        segment_id
    from scores
    where
        as_of_date = (
            select max(earlier.as_of_date)
            from scores as earlier
            where earlier.as_of_date < {{ today() }}
        )
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        scores.as_of_date,
        scores.customer_key,
        scores.segment_id::integer as segment_id,
        segments.label_en as segment_en,
        segments.label_zh as segment_zh,
        scores.membership::numeric(8, 6) as membership,
        scores.model_run_id,
        before.segment_id::integer as prior_segment_id
    from scores
    inner join segments
        on scores.model_run_id = segments.model_run_id and scores.segment_id = segments.segment_id
    left join before on scores.customer_key = before.customer_key and scores.model_run_id = before.model_run_id
    where scores.as_of_date = {{ today() }}
)

select * from final
