with consents as (
    select * from {{ ref('input__consents') }}
    {{ only_changed('party_key') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

statements as (
    select
        *,
        -- NULL, an unknown word and a record with a newer version in quarantine are no consent.
        coalesce(state = 'granted' and not is_stale, false) as is_granted,
        rank() over (partition by party_key, purpose order by occurred_on desc) as recency
    from consents
    where
        purpose in ('marketing', 'service', 'analytics')
        and known_on <= '{{ var("as_of_date") }}'::date
        and occurred_on <= '{{ var("as_of_date") }}'::date
),

-- Contradicting statements of one day refuse, and any contact that refuses wins.
final as (
    select
        identified.customer_key,
        coalesce(bool_and(statements.is_granted) filter (where statements.purpose = 'marketing'), false)
            as marketing_consent,
        coalesce(bool_and(statements.is_granted) filter (where statements.purpose = 'service'), false)
            as service_consent,
        coalesce(bool_and(statements.is_granted) filter (where statements.purpose = 'analytics'), false)
            as analytics_consent
    from statements
    inner join identified on statements.party_key = identified.party_key
    where statements.recency = 1
    group by identified.customer_key
)

select * from final
