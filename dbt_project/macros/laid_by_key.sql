{#-
    Whole tables of models that are `built_by` a key are laid down in the key's order: rows that a day replaces together
    lie together. In order of arrival one policy of a hundred has a row on every third page, and a day that changes a
    hundredth reads a third of the disk. Each page keeps room for a row or two that a later day rewrites there. Overrides
    the adapter's macro of that name, which does the rest.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if is_rewritten_in_place() and not temporary -%}
        {%- set sql = 'select * from (\n' ~ sql ~ '\n) as laid_down order by ' ~ config.get('unique_key') -%}
        {#- Of a table without a contract the adapter writes no columns that a word could follow. -#}
        {%- if not config.get('contract').enforced -%} {%- set relation = relation ~ room_to_rewrite() -%} {%- endif -%}
    {%- endif -%}
    {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
{%- endmacro %}


{#- Columns of a table that has a contract; the adapter asks for them where it creates one. -#}
{% macro postgres__get_table_columns_and_constraints() -%}
    {{ table_columns_and_constraints() }}{{ room_to_rewrite() if is_rewritten_in_place() }}
{%- endmacro %}


{% macro is_rewritten_in_place() -%}
    {{ return(config.get('incremental_strategy') == 'replace_changed') }}
{%- endmacro %}


{% macro room_to_rewrite() -%}
    {{ return(' with (fillfactor = 95)') }}
{%- endmacro %}
