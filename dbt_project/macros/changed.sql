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
        indexes=indexes_of(key, found_by),
        post_hook='{{ analyze_table() }}'
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


{#- Restricts an import to the changed keys, of another set where `changed` names it; nothing when all is built. -#}
{% macro only_changed(key, changed=none) -%}
    {%- if var('changed_only') -%}
        where {{ key }} in (
            select {{ key.split('.')[-1] }} from {{ ref('int_' ~ (changed or units_of(key)) ~ '__changed') }}
        )
    {%- endif -%}
{%- endmacro %}


{#- What a table of core held before this build, to be compared with; deliberately no ref(), which would be a circle. -#}
{% macro before_this_build(schema, table, columns) -%}
    {%- if var('changed_only') -%}
        select {{ columns | join(', ') }} from {{ api.Relation.create(target.database, schema, table) }}
    {%- else -%}
        select {% for column in columns %}null::text as {{ column }}{{ ', ' if not loop.last }}{% endfor %} where false
    {%- endif -%}
{%- endmacro %}


{#- dbt's incremental strategy of that name: the rows of changed keys go, what the select gave for them comes. -#}
{% macro get_incremental_replace_changed_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set key = arguments['unique_key'] -%}
    {%- if not var('changed_only') -%}
        {{ exceptions.raise_compiler_error(
            this ~ ' stands already: build with --full-refresh, or give changed_only') }}
    {%- endif -%}
    delete from {{ arguments['target_relation'] }}
    where {{ key }} in (select {{ key }} from {{ changed_relation(config.get('meta')['changed'], model.fqn[1]) }});
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}


{#- dbt asks this for the rows a generic test looks at: row by row tests of a model need the replaced rows only. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [config.get('where')] if config.get('where') else [] -%}
    {%- if execute and var('changed_only') and model.attached_node in graph.nodes -%}
        {%- set tested = graph.nodes[model.attached_node] -%}
        {%- set row_wise = ['grain', 'refers_to', 'accepted_range', 'accepted_values', 'not_null', 'unique'] -%}
        {%- if tested.config.incremental_strategy == 'replace_changed' and model.test_metadata.name in row_wise -%}
            {%- set key = tested.config.unique_key -%}
            {%- do conditions.append(
                key ~ ' in (select ' ~ key ~ ' from '
                ~ changed_relation(tested.config.meta['changed'], tested.fqn[1]) ~ ')') -%}
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
        and greatest(occurred_on, known_on) <= '{{ var("as_of_date") }}'::date
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}
