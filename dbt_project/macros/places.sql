{#- How many customers may share an address or a number and still be taken for a family; more are an office. -#}
{% macro most_of_a_place() -%} 8 {%- endmacro %}
