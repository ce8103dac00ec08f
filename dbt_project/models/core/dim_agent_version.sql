{%- set tracked = [
    'branch', 'team', 'channel', 'tier', 'left_on',
] -%}
with versions as (
    select * from {{ ref('input__agent_versions') }}
),

{{ versions_through_time('agent_key', tracked) }},

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
