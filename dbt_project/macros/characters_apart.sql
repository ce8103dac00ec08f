{#- A text whose Chinese characters stand apart, so that full-text search finds words within it. marts.search_knowledge does the
    same to what is looked for: change both (warehouse/sql/50_search.sql). -#}
{% macro characters_apart(text) -%}
    regexp_replace({{ text }}, '([一-鿿])', ' \1 ', 'g')
{%- endmacro %}
