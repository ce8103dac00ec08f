{{ built_by('party_key') }}

with surveys as (
    select * from {{ ref('input__surveys') }}
    {{ only_changed('party_key') }}
),

crosswalk as (
    select * from {{ ref('customer_crosswalk') }}
    {{ only_changed('party_key') }}
),

final as (
    select
        surveys.survey_key,
        surveys.party_key,
        crosswalk.customer_key,
        surveys.score,
        surveys.occurred_on,
        surveys.known_on,
        surveys.is_stale
    from surveys
    left join crosswalk on surveys.party_key = crosswalk.party_key
)

select * from final
