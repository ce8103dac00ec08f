{#-
    Which landed versions an edition is made of. Short macros, used by staging only.

    A version belongs to the edition when its batch does. It is rejected when a gate turned it away and no batch of
    this edition released it again. `key` is the list of the source's key columns.
-#}
{% macro edition_batches() -%}
    select batch_id from {{ source('ops', 'edition_batch') }} where edition_id = {{ var('edition_id') }}
{%- endmacro %}


{% macro rejected_versions(system, table) -%}
    select version_id from {{ source('ops', 'rejected_version') }}
    where
        source_system = '{{ system }}'
        and source_table = '{{ table }}'
        and (released_batch_id is null or released_batch_id not in ({{ edition_batches() }}))
{%- endmacro %}


{#-
    In a build of what changed: only keys that some version says belong to a changed policy or party. Which column
    says so comes from the insurer's profile; a table without one is read whole. As long as no row of the table ever went
    from one policy or party to another, the versions that belong to changed ones are all there are of their keys.
-#}
{% macro and_key_of_changed_root(system, table, key) -%}
    {%- set root = var('changed_roots').get(system ~ '.' ~ table) if builds_changes() else none -%}
    {%- if root and not root.through and rows_stay(system, table, root.column) -%}
        and {{ root.column }} in ({{ ids_of_changed_root(system, root) }})
    {%- elif root -%}
        and ({{ key | join(', ') }}) in (
            select {{ key | join(', ') }} from {{ source('landing', system ~ '__' ~ table) }}
            where {{ root.column }} in ({{ ids_of_changed_root(system, root) }})
        )
    {%- endif -%}
{%- endmacro %}


{#- Landing knows since the table's first batch; one that was landed before it was asked does not say so. -#}
{% macro rows_stay(system, table, column) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- set asked -%}
            select source_table from {{ api.Relation.create(target.database, 'ops', 'rows_stay') }}
            where source_system = '{{ system }}' and source_table = '{{ table }}' and root_column = '{{ column }}'
        {%- endset -%}
        {%- set found = run_query(asked).rows -%}
    {%- endif -%}
    {{ return(found | length > 0) }}
{%- endmacro %}


{% macro ids_of_changed_root(system, root) -%}
    {%- if root.through -%}
        select parent.{{ root.parent_key }} from {{ source('landing', system ~ '__' ~ root.through) }} as parent
        inner join {{ source('changed', system ~ '__' ~ root.root) }} as root
            on parent.{{ root.parent_column }} = root.root_id
    {%- else -%}
        select root_id from {{ source('changed', system ~ '__' ~ root.root) }}
    {%- endif -%}
{%- endmacro %}


{#- And of those, the rows that do: one that moved to an unchanged policy stands there already. -#}
{% macro and_of_changed_root(system, table) -%}
    {%- set root = var('changed_roots').get(system ~ '.' ~ table) if builds_changes() else none -%}
    {%- if root and not root.through -%}
        and accepted.{{ root.column }} in ({{ ids_of_changed_root(system, root) }})
    {%- endif -%}
{%- endmacro %}


{#- The newest accepted version of each key, unless it is a deletion; `is_stale`: a newer one was rejected. -#}
{% macro accepted_versions(system, table, key) -%}
    select
        accepted.*,
        coalesce(rejected._version_id > accepted._version_id, false) as is_stale
    from (
        select distinct on ({{ key | join(', ') }}) *
        from {{ source('landing', system ~ '__' ~ table) }}
        where
            _batch_id in ({{ edition_batches() }})
            and _version_id not in ({{ rejected_versions(system, table) }})
            {{ and_key_of_changed_root(system, table, key) }}
        order by {{ key | join(', ') }}, _batch_id desc, _version_id desc
    ) as accepted
    left join (
        select {{ key | join(', ') }}, max(_version_id) as _version_id
        from {{ source('landing', system ~ '__' ~ table) }}
        where
            _batch_id in ({{ edition_batches() }})
            and _version_id in ({{ rejected_versions(system, table) }})
        group by {{ key | join(', ') }}
    ) as rejected using ({{ key | join(', ') }})
    where
        not accepted._is_deleted
        {{ and_of_changed_root(system, table) }}
{%- endmacro %}


{#- The newest version of each key where that version is rejected: what the source says now and nobody sees. -#}
{% macro rejected_heads(system, table, key) -%}
    select head.*
    from (
        select distinct on ({{ key | join(', ') }}) *
        from {{ source('landing', system ~ '__' ~ table) }}
        where
            _batch_id in ({{ edition_batches() }})
            and ({{ key | join(', ') }}) in (
                select {{ key | join(', ') }}
                from {{ source('landing', system ~ '__' ~ table) }}
                where _version_id in ({{ rejected_versions(system, table) }})
            )
        order by {{ key | join(', ') }}, _batch_id desc, _version_id desc
    ) as head
    where head._version_id in ({{ rejected_versions(system, table) }})
{%- endmacro %}


{#- One version of each key, whatever became of it: the newest accepted one, else the newest. -#}
{% macro versions_ever(system, table, key) -%}
    select distinct on ({{ key | join(', ') }}) *
    from {{ source('landing', system ~ '__' ~ table) }}
    where
        _batch_id in ({{ edition_batches() }})
        {{ and_key_of_changed_root(system, table, key) }}
    order by
        {{ key | join(', ') }}, _version_id in ({{ rejected_versions(system, table) }}), _batch_id desc, _version_id desc
{%- endmacro %}


{#-
    Every version that the edition's batches showed and no gate keeps out, deletions among them, with the business date
    of the batch that showed it or, where it was released from quarantine, of the batch that let it in.
-#}
{% macro accepted_history(system, table, key) -%}
    select
        versions.*,
        greatest(batches.as_of_date, released.as_of_date) as seen_on
    from {{ source('landing', system ~ '__' ~ table) }} as versions
    inner join {{ source('ops', 'batch') }} as batches on versions._batch_id = batches.batch_id
    left join (
        select
            rejections.version_id,
            max(arrivals.as_of_date) as as_of_date
        from {{ source('ops', 'rejected_version') }} as rejections
        inner join {{ source('ops', 'batch') }} as arrivals on rejections.released_batch_id = arrivals.batch_id
        where rejections.source_system = '{{ system }}' and rejections.source_table = '{{ table }}'
        group by rejections.version_id
    ) as released on versions._version_id = released.version_id
    where
        versions._batch_id in ({{ edition_batches() }})
        and versions._version_id not in ({{ rejected_versions(system, table) }})
        {{ and_key_of_changed_root(system, table, key) }}
{%- endmacro %}
