-- Versions of one key do not overlap, adjacent ones differ, one is current, and it says what the dimension says.
{{ config(tags=['severity_stop', 'hurts_policy_360', 'hurts_persistency']) }}

{% set dimensions = {
    'policy': ['product_key', 'agent_key', 'channel', 'branch', 'expires_on', 'premium_mode', 'payment_term_years',
               'annual_premium', 'sum_assured'],
    'agent': ['branch', 'team', 'channel', 'tier', 'left_on'],
} %}
with
{% for one, tracked in dimensions.items() %}
    {{ one }}_dimension as (
        select * from {{ ref('dim_' ~ one) }}
        {% if one == 'policy' %} {{ only_changed('policy_key') }} {% endif %}
    ),

    {{ one }}_versions as (
        select * from {{ ref('dim_' ~ one ~ '_version') }}
        {% if one == 'policy' %} {{ only_changed('policy_key') }} {% endif %}
    ),

    {{ one }}_followed as (
        select
            {{ one }}_key as broken_key,
            valid_from,
            valid_to,
            lead(valid_from) over later as next_valid_from,
            row({{ tracked | join(', ') }})::text as content,
            lead(row({{ tracked | join(', ') }})::text) over later as next_content
        from {{ one }}_versions
        window later as (partition by {{ one }}_key order by valid_from)
    ),

    {{ one }}_current as (
        select dimension.{{ one }}_key as broken_key
        from {{ one }}_dimension as dimension
        left join {{ one }}_versions as versions
            on dimension.{{ one }}_key = versions.{{ one }}_key and versions.is_current
        where
            exists (
                select from {{ ref('input__' ~ one ~ '_versions') }} as kept
                where kept.source_system = dimension.source_system
            )
        group by dimension.{{ one }}_key
        having
            count(versions.{{ one }}_key) <> 1
            or not coalesce(bool_and(
                (
                    {% for column in tracked %}
                        dimension.{{ column }} is not distinct from versions.{{ column }}
                        {% if not loop.last %} and {% endif %}
                    {% endfor %}
                )
            ), false)
    ){% if not loop.last %},{% endif %}

{% endfor %}
{% for one in dimensions %}
    select
        '{{ one }}' as dimension,
        broken_key,
        'overlap, or a version like the one before' as broken
    from {{ one }}_followed
    where
        valid_to <= valid_from
        or coalesce(valid_to, 'infinity') > next_valid_from
        or (valid_to = next_valid_from and content = next_content)
    union all
    select
        '{{ one }}',
        broken_key,
        'not exactly one current version that says what the dimension says'
    from {{ one }}_current
    {% if not loop.last %} union all {% endif %}
{% endfor %}
