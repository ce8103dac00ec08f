{#-
    Whole tables of models that are `built_by` a key are laid down in the key's order: rows that a day replaces together
    lie together. In order of arrival one policy of a hundred has a row on every third page, and a day that changes a
    hundredth reads a third of the disk. Overrides the adapter's macro of that name, which does the rest.
-#}
{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if config.get('incremental_strategy') == 'replace_changed' and not temporary -%}
        {%- set sql = 'select * from (\n' ~ sql ~ '\n) as laid_down order by ' ~ config.get('unique_key') -%}
    {%- endif -%}
    {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
{%- endmacro %}
