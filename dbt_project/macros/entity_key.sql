{#- Our key of a source's entity: md5 of (source system | id …). NULL when a part of the id is NULL. -#}
{% macro entity_key(system, ids) -%}
    md5('{{ system }}' {% for id in ([ids] if ids is string else ids) %}|| '|' || {{ id }}::text {% endfor %})
{%- endmacro %}
