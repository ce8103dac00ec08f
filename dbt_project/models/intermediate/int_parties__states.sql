with ranked as (
    {{ ranked_parties() }}
),

party_versions as (
    select * from {{ ref('input__party_versions') }}
),

versions as (
    select
        party_versions.*,
        ranked.customer_key,
        ranked.precedence
    from party_versions
    inner join ranked on party_versions.party_key = ranked.party_key
),

followed as (
    {{ followed('versions', 'party_key') }}
),

numbered as (
    select
        *,
        row_number() over (partition by party_key order by version_id) as position
    from followed
    where superseded_on is null or seen_on < superseded_on
),

-- The first holds from the day the source recorded it.
begun as (
    select
        *,
        case when position = 1 then least(known_on, seen_on) else seen_on end as valid_from
    from numbered
),

final as (
    select
        *,
        lead(valid_from) over (partition by party_key order by version_id) as valid_to
    from begun
)

select * from final
