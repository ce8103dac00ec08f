{{ built_by('party_key') }}

with mapped as (
    {{ union_of_connectors('campaign_responses', ['crm']) }}
),

final as (
    select
        campaign_response_key,
        source_system,
        campaign_response_id,
        party_key,
        campaign_id,
        campaign_name,
        line_of_business,
        channel,
        response,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
