{#-
    A table just made has no statistics, and joins to it are planned as if every key stood in it 200 times.
    One that a few rows of were replaced keeps the statistics it has.
-#}
{% macro analyze_table() -%}
    {% if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not var('changed_only')) %}
        analyze {{ this }}
    {% endif %}
{%- endmacro %}
