{#-
    A table just made has no statistics, and joins to it are planned as if every key stood in it 200 times.
    One that a few rows of were replaced keeps the statistics it has.
-#}
{% macro analyze_table() -%}
    {% if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not var('changed_only')) %}
        {% if is_rewritten_in_place() %}
            select ops.analyze_laid_together('{{ this }}', array['{{ config.get("unique_key") }}'])
        {% else %}
            analyze {{ this }}
        {% endif %}
    {% endif %}
{%- endmacro %}
