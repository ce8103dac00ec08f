{{ built_by('party_key') }}

with interactions as (
    select * from {{ ref('input__interactions') }}
    {{ only_changed('party_key') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
    {{ only_changed('party_key') }}
),

final as (
    select
        interactions.interaction_key,
        interactions.party_key,
        crosswalk.customer_key,
        interactions.channel,
        interactions.direction,
        interactions.topic,
        interactions.occurred_on,
        interactions.known_on,
        interactions.is_stale
    from interactions
    left join crosswalk on interactions.party_key = crosswalk.party_key
)

select * from final
