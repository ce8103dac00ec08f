{{ built_by('party_key') }}

with responses as (
    select * from {{ ref('input__campaign_responses') }}
    {{ only_changed('party_key') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
    {{ only_changed('party_key') }}
),

final as (
    select
        responses.campaign_response_key,
        responses.party_key,
        crosswalk.customer_key,
        responses.campaign_id,
        responses.campaign_name,
        responses.line_of_business,
        responses.channel,
        responses.response,
        responses.occurred_on,
        responses.known_on,
        responses.is_stale
    from responses
    left join crosswalk on responses.party_key = crosswalk.party_key
)

select * from final
