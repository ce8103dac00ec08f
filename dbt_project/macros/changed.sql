{#-
    Building from what changed. `changed_only` is set by the pipeline when the tables hold the edition before; then
    staging shows only the rows of changed policies and parties ("roots"), and a model that is `built_by` a key
    replaces the rows of the keys that changed. Otherwise everything is built whole, by the same SQL.
-#}

{#-
    Config of a model whose rows belong to one key each. They depend on no other key's rows; or `changed` names the keys
    that change with others (`int_<changed>__changed`). `found_by`: columns that builds of changes look rows up by, too.
-#}
{% macro built_by(key, changed=none, found_by=[]) -%}
    {{ config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='append_new_columns',
        unique_key=key,
        meta={'changed': changed or units_of(key)},
        indexes=indexes_of(key, found_by)
    ) }}
{%- endmacro %}


{% macro indexes_of(key, found_by) -%}
    {%- set found = [{'columns': [key]}] -%}
    {%- for column in found_by -%} {%- do found.append({'columns': [column]}) -%} {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{% macro units_of(key) -%}
    {{ return({'policy_key': 'policies', 'party_key': 'parties', 'customer_key': 'customers'}[key]) }}
{%- endmacro %}


{#- Where the keys to be replaced stand, for a model of a layer. -#}
{% macro changed_relation(changed, layer) -%}
    {%- if layer == 'input_layer' -%}
        {{ api.Relation.create(target.database, 'staging', 'stg_ledger__changed_' ~ changed) }}
    {%- else -%}
        {{ api.Relation.create(target.database, 'intermediate', 'int_' ~ changed ~ '__changed') }}
    {%- endif -%}
{%- endmacro %}


{#-
    Whether SQL is for a build of what changed. Parsing always is: who depends on changed keys then does so in the
    manifest of either way of building, so that one parse serves both.
-#}
{% macro builds_changes() -%}
    {{ return(var('changed_only') or not execute) }}
{%- endmacro %}


{#- Restricts an import to the changed keys, of another set where `changed` names it; nothing when all is built. -#}
{% macro only_changed(key, changed=none) -%}
    {%- if builds_changes() -%}
        where {{ key }} in (
            select {{ key.split('.')[-1] }} from {{ ref('int_' ~ (changed or units_of(key)) ~ '__changed') }}
        )
    {%- endif -%}
{%- endmacro %}


{#-
    Rows of the keys of a relation, found by index. For counts and the like: a planner takes the keys for ten, so that what
    is joined to such rows would be joined row by row. Without an index each row would be held against each key.
-#}
{% macro looked_up(key, changed) -%}
    {{ key }} = any(array(select {{ key }} from {{ changed }}))
{%- endmacro %}


{#- As `only_changed`, for an import that is only counted and is built by the key. -#}
{% macro only_looked_up(key) -%}
    {%- if builds_changes() -%}
        where {{ looked_up(key, ref('int_' ~ units_of(key) ~ '__changed')) }}
    {%- endif -%}
{%- endmacro %}


{#-
    How an import of changed rows stands in a build of changes, where much else is looked up by it: made first, so that
    the rest is planned for its rows and not for those of the table that it was picked from.
-#}
{% macro picked() -%} {{ 'materialized' if builds_changes() else 'not materialized' }} {%- endmacro %}


{#-
    Parties as several models read them: all of them, or those of changed customers, which a build of changes picks once.
    Parsing, which is for changes, must hear of the others too.
-#}
{% macro identified_parties() -%}
    {%- if not execute -%} {%- do ref('int_parties__identified') -%} {%- endif -%}
    select * from
    {% if builds_changes() %} {{ ref('int_parties__changed') }} where customer_key is not null
    {%- else %} {{ ref('int_parties__identified') }}
    {%- endif -%}
{%- endmacro %}


{% macro ranked_parties() -%}
    {%- if not execute -%} {%- do ref('int_parties__ranked') -%} {%- endif -%}
    select * from {{ ref('int_ranked__changed' if builds_changes() else 'int_parties__ranked') }}
{%- endmacro %}


{#- What a table of core held before this build, to be compared with; deliberately no ref(), which would be a circle. -#}
{% macro before_this_build(schema, table, columns) -%}
    {%- if var('changed_only') -%}
        select {{ columns | join(', ') }} from {{ api.Relation.create(target.database, schema, table) }}
    {%- else -%}
        select {% for column in columns %}null::text as {{ column }}{{ ', ' if not loop.last }}{% endfor %} where false
    {%- endif -%}
{%- endmacro %}


{#-
    dbt's incremental strategy of that name: of the rows of changed keys, those that the select gives no more go, and those
    that it gives anew come. A row that is as it was stays; one that comes takes the place of one of the same key that
    goes: as `laid_by_key` leaves room on every page, as a rule no other page and no index is written.
-#}
{% macro get_incremental_replace_changed_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | list -%}
    {%- set key = arguments['unique_key'] -%}
    {%- if not var('changed_only') -%}
        {{ exceptions.raise_compiler_error(
            this ~ ' stands already: build with --full-refresh, or give changed_only') }}
    {%- endif -%}
    {%- set standing -%}
        select ctid, * from {{ arguments['target_relation'] }}
        where {{ looked_up(key, changed_relation(config.get('meta')['changed'], model.fqn[1])) }}
    {%- endset -%}
    {%- set given = 'select ctid, * from ' ~ arguments['temp_relation'] -%}
    {#- How many rows differ no planner can tell; a loop over them for each of them would have no end. And the places of
        all changed keys are found before any is read: in order, with many reads under way at a time. -#}
    set local enable_nestloop = off;
    set local enable_indexscan = off;

    with held as materialized (
        {{ with_their_images(standing, key, columns) }}
    ),

    made as materialized (
        {{ with_their_images(given, key, columns) }}
    ),

    compared as materialized (
        select coalesce(held.{{ key }}, made.{{ key }}) as {{ key }}, held.place, made.place as made_at
        from held
        full join made
            on held.{{ key }} = made.{{ key }} and held.image = made.image and held.copy = made.copy
        where held.place is null or made.place is null
    ),

    going as (
        select place, {{ key }}, row_number() over (partition by {{ key }} order by place) as turn
        from compared
        where made_at is null
    ),

    coming as (
        select made_at, {{ key }}, row_number() over (partition by {{ key }} order by made_at) as turn
        from compared
        where place is null
    ),

    swapped as materialized (
        select going.place, coming.made_at
        from going
        full join coming on going.{{ key }} = coming.{{ key }} and going.turn = coming.turn
    ),

    rewritten as (
        update {{ arguments['target_relation'] }} as standing
        set {% for column in columns %}{{ column }} = given.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
        from swapped
        inner join {{ arguments['temp_relation'] }} as given on swapped.made_at = given.ctid
        where standing.ctid = any(array(select place from swapped)) and standing.ctid = swapped.place
    ),

    gone as (
        delete from {{ arguments['target_relation'] }}
        where ctid = any(array(select place from swapped where made_at is null))
    )

    insert into {{ arguments['target_relation'] }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }} from {{ arguments['temp_relation'] }}
    where ctid = any(array(select made_at from swapped where place is null))
{%- endmacro %}


{#-
    Place, key and 64-bit hash of each row (1.0 and 1.00 are the same); equal rows are numbered, so that one stands for one.
    By the hash alone, which sorts as a number does: rows of two keys that had the same would be rewritten for nothing.
-#}
{% macro with_their_images(rows, key, columns) -%}
    select place, {{ key }}, image, row_number() over (partition by image order by place) as copy
    from (
        select ctid as place, {{ key }}, hash_record_extended(row({{ columns | join(', ') }}), 0) as image
        from ({{ rows }}) as compared
    ) as rows_with_images
{%- endmacro %}


{#- dbt asks this for the rows a generic test looks at: row by row tests of a model need the replaced rows only. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] if config.get('where') else [] -%}
    {%- if execute and var('changed_only') and model.attached_node in graph.nodes -%}
        {%- set tested = graph.nodes[model.attached_node] -%}
        {%- set counting = ['grain', 'as_many_rows_as', 'accepted_range', 'accepted_values', 'not_null', 'unique'] -%}
        {%- if tested.config.incremental_strategy == 'replace_changed' -%}
            {%- set key = tested.config.unique_key -%}
            {%- set changed = changed_relation(tested.config.meta['changed'], tested.fqn[1]) -%}
            {%- if model.test_metadata.name in counting -%}
                {%- do conditions.append(looked_up(key, changed)) -%}
            {%- elif model.test_metadata.name == 'refers_to' -%}
                {%- do conditions.append(key ~ ' in (select ' ~ key ~ ' from ' ~ changed ~ ')') -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    {%- if conditions -%}
        (select * from {{ relation }} where {{ conditions | join(' and ') }}) dbt_subquery
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{#- Whether a row came into view between the edition before and this one. -#}
{% macro come_into_view() -%}
    {%- if var('changed_only') -%}
        greatest(occurred_on, known_on) > '{{ var("base_as_of_date") }}'::date
        and greatest(occurred_on, known_on) <= {{ today() }}
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
