{%- set tracked = kept_of_policies() -%}
with seen as materialized (
    select * from {{ ref('input__policy_versions') }}
    {{ only_changed('policy_key') }}
),

policies as (
    select * from {{ ref('input__policies') }}
    {{ only_changed('policy_key') }}
),

policy_changes as (
    select * from {{ ref('input__policy_changes') }}
    {{ only_changed('policy_key') }}
),

followed as (
    {{ followed('seen', 'policy_key') }}
),

-- What was mended on its first day never counted.
first_seen as (
    select distinct on (policy_key) * from followed
    where {{ counted() }}
    order by policy_key, version_id
),

-- What a source had overwritten before it was first read, where it tells what stood there before.
told as (
    select distinct on (first_seen.policy_key, policy_changes.known_on)
        first_seen.policy_key,
        policy_changes.known_on,
        policy_changes.old_value::numeric(16, 2) as sum_assured
    from first_seen
    inner join policy_changes
        on
            first_seen.policy_key = policy_changes.policy_key
            and first_seen.known_on < policy_changes.known_on
            and first_seen.seen_on >= policy_changes.known_on
    where
        policy_changes.change_type = 'sum_assured_reduction'
        and policy_changes.old_value ~ '^\d{1,14}(\.\d+)?$'
    order by
        first_seen.policy_key, policy_changes.known_on, policy_changes.occurred_on,
        length(policy_changes.policy_change_id), policy_changes.policy_change_id
),

undone as (
    select
        *,
        row_number() over in_order as position,
        count(*) over (partition by policy_key) as changes,
        max(known_on) over (partition by policy_key) as last_known_on,
        lag(known_on) over in_order as began_on
    from told
    window in_order as (partition by policy_key order by known_on)
),

final as (
    select
        seen.policy_key,
        seen.version_id,
        coalesce(undone.known_on, seen.seen_on) as seen_on,
        seen.is_deleted,
        {% for column in tracked %}
            seen.{{ column }},
        {% endfor %}
        seen.known_on
    from seen
    left join first_seen on seen.policy_key = first_seen.policy_key and seen.version_id = first_seen.version_id
    left join undone on first_seen.policy_key = undone.policy_key and undone.known_on = undone.last_known_on
    union all
    select
        first_seen.policy_key,
        undone.position - undone.changes - 1 as version_id,
        coalesce(undone.began_on, first_seen.known_on) as seen_on,
        false as is_deleted,
        {% for column in tracked %}
            {{ 'undone' if column == 'sum_assured' else 'first_seen' }}.{{ column }},
        {% endfor %}
        first_seen.known_on
    from undone
    inner join first_seen on undone.policy_key = first_seen.policy_key
    union all
    -- A source of which no versions are kept says today what it said from the first.
    select
        policies.policy_key,
        0 as version_id,
        policies.known_on as seen_on,
        false as is_deleted,
        {% for column in tracked %}
            policies.{{ column }},
        {% endfor %}
        policies.known_on
    from policies
    left join first_seen on policies.policy_key = first_seen.policy_key
    where first_seen.policy_key is null
)

select * from final
