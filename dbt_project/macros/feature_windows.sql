{#- The windows features look back over, in months; what looks back over one month looks over all of these. -#}
{% macro windows() -%}
    {{ return([1, 3, 6, 12]) }}
{%- endmacro %}


{#- The two dates customers' features are wanted for: the edition's, and a year before to learn from. -#}
{% macro customer_dates() -%}
    '{{ var("as_of_date") }}'::date, ('{{ var("as_of_date") }}'::date - interval '12 months')::date
{%- endmacro %}


{#- How dues were paid, by window; of rows with due_on and, as far as known on as_of_date, paid_on. -#}
{% macro habits_of_paying() -%}
    {%- for months in windows() %}
        count(*) filter (
            where paid_on > due_on + 10 and due_on > as_of_date - interval '{{ months }} months'
        )::integer as payments_late_{{ months }}m,
        count(*) filter (
            where
            paid_on is null and due_on < as_of_date - 10 and due_on > as_of_date - interval '{{ months }} months'
        )::integer as payments_missed_{{ months }}m{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The last three months against an average quarter of the nine before them; above nothing means more of late. -#}
{% macro trend(counted) -%}
    (
        coalesce({{ counted }}_3m, 0)
        - (coalesce({{ counted }}_12m, 0) - coalesce({{ counted }}_3m, 0)) / 3.0
    )::numeric(10, 2)
{%- endmacro %}
