{#- The business date of the edition that is built; nothing in a model asks what day it really is. -#}
{% macro today() -%} '{{ var("as_of_date") }}'::date {%- endmacro %}
