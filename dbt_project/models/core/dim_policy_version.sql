{{ built_by('policy_key') }}

{%- set tracked = [
    'product_key', 'agent_key', 'channel', 'branch', 'expires_on', 'premium_mode', 'payment_term_years',
    'annual_premium', 'sum_assured',
] -%}
with versions as (
    select * from {{ ref('input__policy_versions') }}
    {{ only_changed('policy_key') }}
),

-- A version counts until a later one was seen; one that was let in after a later one had come never counted.
followed as (
    select
        *,
        min(seen_on) over (
            partition by policy_key order by version_id rows between 1 following and unbounded following
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
    window earlier as (partition by policy_key order by version_id)
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
        lead(valid_from) over (partition by policy_key order by version_id) as valid_to
    from changed
),

final as (
    select
        md5(policy_key || '|' || version_id::text) as policy_version_key,
        policy_key,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        product_key,
        agent_key,
        channel,
        branch,
        expires_on,
        premium_mode,
        payment_term_years,
        annual_premium,
        sum_assured
    from closed
    where not is_deleted
)

select * from final
