with accepted as (
    {{ accepted_versions('crm', 'interaction', ['interaction_id']) }}
),

final as (
    select
        {{ entity_key('crm', 'interaction_id') }} as interaction_key,
        'crm' as source_system,
        interaction_id::text as interaction_id,
        {{ entity_key('crm', 'contact_id') }} as party_key,
        channel,
        direction,
        topic,
        (occurred_at at time zone '{{ var("time_zone") }}')::date as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
