with notes as (
    select * from {{ ref('input__agent_notes') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
),

parties as (
    select * from {{ ref('input__parties') }}
),

final as (
    select
        notes.note_key,
        notes.agent_key,
        crosswalk.customer_key,
        notes.title,
        notes.body,
        notes.occurred_on,
        notes.known_on,
        notes.is_stale,
        parties.name as contact_name
    from notes
    left join crosswalk on notes.party_key = crosswalk.party_key
    left join parties on notes.party_key = parties.party_key
)

select * from final
