{%- set tracked = [
    'branch', 'team', 'channel', 'tier', 'left_on',
] -%}
with versions as (
    select * from {{ ref('input__agent_versions') }}
),

-- A version counts until a later one was seen; one that was let in after a later one had come never counted.
followed as (
    select
        *,
        min(seen_on) over (
            partition by agent_key order by version_id rows between 1 following and unbounded following
        ) as superseded_on
    from versions
),

visible as (
    select
        *,
        md5(row(is_deleted, {{ tracked | join(', ') }})::text) as content,
        lag(md5(row(is_deleted, {{ tracked | join(', ') }})::text)) over earlier as content_before,
        row_number() over earlier as position
    from followed
    where superseded_on is null or seen_on < superseded_on
    window earlier as (partition by agent_key order by version_id)
),

-- Versions that differ in nothing that is kept here are one. The first holds from the day the source recorded it.
changed as (
    select
        *,
        case when position = 1 then least(known_on, seen_on) else seen_on end as valid_from
    from visible
    where content_before is null or content <> content_before
),

closed as (
    select
        *,
        lead(valid_from) over (partition by agent_key order by version_id) as valid_to
    from changed
),

final as (
    select
        md5(agent_key || '|' || version_id::text) as agent_version_key,
        agent_key,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        branch,
        team,
        channel,
        tier,
        left_on
    from closed
    where not is_deleted
)

select * from final
