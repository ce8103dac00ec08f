{#- A table just made has no statistics, and joins to it are planned as if every key stood in it 200 times. -#}
{% macro analyze_table() -%}
    {% if model.config.materialized == 'table' %}analyze {{ this }}{% endif %}
{%- endmacro %}
