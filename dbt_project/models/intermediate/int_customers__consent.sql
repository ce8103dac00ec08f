with stated as (
    select * from {{ ref('int_consents__stated') }}
),

ranked as (
    select
        *,
        rank() over (partition by party_key, purpose order by occurred_on desc) as recency
    from stated
),

-- Contradicting statements of one day refuse, and any contact that refuses wins.
final as (
    select
        customer_key,
        coalesce(bool_and(is_granted) filter (where purpose = 'marketing'), false) as marketing_consent,
        coalesce(bool_and(is_granted) filter (where purpose = 'service'), false) as service_consent,
        coalesce(bool_and(is_granted) filter (where purpose = 'analytics'), false) as analytics_consent
    from ranked
    where recency = 1
    group by customer_key
)

select * from final
