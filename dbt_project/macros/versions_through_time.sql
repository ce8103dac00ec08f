{#-
    CTEs from `versions` (a row an accepted version, as landing keeps them) to `closed` (a row a version that differs
    from the one before, with the days between which it held). One place for every dimension that landing versions.
-#}
{% macro versions_through_time(key, tracked) -%}
    followed as (
        {{ followed('versions', key) }}
    ),

    visible as (
        select
            *,
            md5(row(is_deleted, {{ tracked | join(', ') }})::text) as content,
            lag(md5(row(is_deleted, {{ tracked | join(', ') }})::text)) over earlier as content_before,
            row_number() over earlier as position
        from followed
        where {{ counted() }}
        window earlier as (partition by {{ key }} order by version_id)
    ),

    {#- Versions that differ in nothing that is kept are one. The first holds from the day the source recorded it. -#}
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
            lead(valid_from) over (partition by {{ key }} order by version_id) as valid_to
        from changed
    )
{%- endmacro %}


{#- A version counts until a later one was seen; one that was let in after a later one had come never counted. -#}
{% macro followed(versions, key) -%}
    select
        *,
        min(seen_on) over (
            partition by {{ key }} order by version_id rows between 1 following and unbounded following
        ) as superseded_on
    from {{ versions }}
{%- endmacro %}


{#- Whether a version that is followed counted on any day. -#}
{% macro counted() -%}
    (superseded_on is null or seen_on < superseded_on)
{%- endmacro %}


{#- What is kept of a policy through time. -#}
{% macro kept_of_policies() -%}
    {{ return([
        'product_key', 'agent_key', 'channel', 'branch', 'expires_on', 'premium_mode', 'payment_term_years',
        'annual_premium', 'sum_assured',
    ]) }}
{%- endmacro %}


{#- Whether a version of a policy is the last that was known on a day; `since_ever`: the first also of the days before it. -#}
{% macro last_known(version, day, since_ever=false) -%}
    {% if since_ever -%}
        ({{ version }}.is_first or {{ day }} >= {{ version }}.valid_from)
    {%- else -%}
        {{ day }} >= {{ version }}.valid_from
    {%- endif %}
    and ({{ version }}.superseded_on is null or {{ day }} < {{ version }}.superseded_on)
{%- endmacro %}
