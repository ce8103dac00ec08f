{#- The twelve months to the business date: days after the first of these, up to the second. -#}
{% macro a_year_ago() -%} ({{ today() }} - interval '12 months')::date {%- endmacro %}


{#-
    The next day on which a day is seen otherwise by those twelve months: when it comes, then when it leaves them. Never
    too late; a day too early where a month is shorter than the one it is counted from (29 February).
-#}
{% macro seen_otherwise_on(day) -%}
    case
        when {{ day }} > {{ today() }} then {{ day }}
        when {{ day }} > {{ a_year_ago() }}
            then greatest(({{ day }} + interval '12 months')::date, {{ today() }} + 1)
    end
{%- endmacro %}
