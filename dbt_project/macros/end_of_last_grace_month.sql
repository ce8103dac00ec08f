{#- The last day of the month in which grace ends when each started month of it counts (60 days: the second after). -#}
{% macro end_of_last_grace_month(due_on) -%}
    {%- set months = ((var('grace_days') | int) + 29) // 30 -%}
    (date_trunc('month', {{ due_on }}) + interval '{{ months + 1 }} months' - interval '1 day')::date
{%- endmacro %}
