{#- What each segment is, is worth and does, what it is for, and who came and went since the last time. -#}
with members as (
    select * from {{ ref('customer_segment') }}
),

customer_values as (
    select * from {{ ref('customer_value') }}
),

churn as (
    select * from {{ ref('customer_churn') }}
),

portraits as (
    select * from {{ ref('customer_360') }}
),

purposes as (
    select * from {{ ref('segment_purpose') }}
),

profiles as (
    select
        members.segment_id,
        min(members.segment_en) as segment_en,
        min(members.segment_zh) as segment_zh,
        case
            when members.segment_id between 81 and 90 then 'enterprise'
            when members.segment_id = 91 then 'former'
            when members.segment_id = 92 then 'insured'
            else 'behaviour'
        end as family,
        count(*) as customers,
        sum(portraits.policies_in_force) as policies_in_force,
        sum(portraits.annual_premium_in_force) as annual_premium_in_force,
        sum(customer_values.clv) as clv,
        sum(customer_values.value_at_risk) as value_at_risk,
        avg(churn.p_lose_any) as mean_p_lose_any,
        sum(portraits.complaints_12m) as complaints_12m,
        count(*) filter (where portraits.marketing_consent) as customers_consenting,
        count(members.prior_segment_id) as customers_known,
        count(*) filter (where members.prior_segment_id = members.segment_id) as customers_stayed
    from members
    left join portraits on members.customer_key = portraits.customer_key
    left join customer_values on members.customer_key = customer_values.customer_key
    left join churn on members.customer_key = churn.customer_key
    group by members.segment_id
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        profiles.segment_id,
        profiles.segment_en,
        profiles.segment_zh,
        profiles.family,
        profiles.customers::integer as customers,
        (profiles.customers / sum(profiles.customers) over ())::numeric(9, 6) as size_share,
        profiles.policies_in_force::integer as policies_in_force,
        profiles.annual_premium_in_force::numeric(18, 2) as annual_premium_in_force,
        profiles.clv::numeric(18, 2) as clv,
        profiles.value_at_risk::numeric(18, 2) as value_at_risk,
        profiles.mean_p_lose_any::numeric(8, 6) as mean_p_lose_any,
        profiles.complaints_12m::integer as complaints_12m,
        profiles.customers_consenting::integer as customers_consenting,
        case when sum(profiles.customers_known) over () > 0 then profiles.customers_stayed end::integer
            as customers_stayed,
        case
            when sum(profiles.customers_known) over () > 0 then profiles.customers - profiles.customers_stayed
        end::integer as customers_joined,
        purposes.purpose_en,
        purposes.purpose_zh,
        purposes.decision_en,
        purposes.decision_zh,
        purposes.owner,
        purposes.review_by
    from profiles
    left join purposes on profiles.family = purposes.family
)

select * from final
