{#- Every key that is there stands in the other model too (`relationships` of dbt, for several columns at once). -#}
{% test refers_to(model, columns, to, field) %}
    {% for column in columns %}
    select '{{ column }}' as column_name, child.{{ column }} as missing_key
    from (select * from {{ model }}) as child
    where
        child.{{ column }} is not null
        and not exists (select from {{ to }} as parent where parent.{{ field }} = child.{{ column }})
    {% if not loop.last %} union all {% endif %}
    {% endfor %}
{% endtest %}
