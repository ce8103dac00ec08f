with consents as (
    select * from {{ ref('input__consents') }}
),

identified as (
    {{ identified_parties() }}
),

final as (
    select
        consents.consent_key,
        consents.party_key,
        identified.customer_key,
        consents.purpose,
        consents.occurred_on,
        greatest(consents.occurred_on, consents.known_on) as in_view_from,
        -- NULL, an unknown word and a record with a newer version in quarantine are no consent.
        coalesce(consents.state = 'granted' and not consents.is_stale, false) as is_granted
    from consents
    inner join identified on consents.party_key = identified.party_key
    where
        consents.purpose in ('marketing', 'service', 'analytics')
        and consents.known_on <= {{ today() }}
        and consents.occurred_on <= {{ today() }}
)

select * from final
