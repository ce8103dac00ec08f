{#- At least this share of the rows has a value. A table without rows fails: nothing was shown. -#}
{% test not_null_proportion(model, column_name, at_least) %}
    select count({{ column_name }}) as filled, count(*) as all_rows
    from {{ model }}
    having count(*) = 0 or count({{ column_name }}) < {{ at_least }} * count(*)
{% endtest %}
