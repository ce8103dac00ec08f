with campaigns as (
    {{ accepted_versions('crm', 'campaign', ['campaign_id']) }}
),

responses as (
    {{ accepted_versions('crm', 'campaign_response', ['response_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'responses.response_id') }} as campaign_response_key,
        'crm' as source_system,
        responses.response_id::text as campaign_response_id,
        {{ entity_key('crm', 'responses.contact_id') }} as party_key,
        responses.campaign_id::text as campaign_id,
        campaigns.campaign_name,
        campaigns.line_of_business,
        campaigns.channel,
        responses.response,
        responses.contacted_on as occurred_on,
        responses.recorded_on as known_on,
        responses.is_stale
    from responses
    left join campaigns on responses.campaign_id = campaigns.campaign_id
)

select * from final
