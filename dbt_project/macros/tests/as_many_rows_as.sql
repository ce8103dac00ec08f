{#-
    No join fans out or loses a row: the model has as many rows as the input it stands on, of the keys that were built
    where only some were. `key`, `changed`: as in `built_by`, where builds of changes replace its rows.
-#}
{% test as_many_rows_as(model, of, key=none, changed=none) %}
    select *
    from (
        select
            (select count(*) from {{ model }}) as core_rows,
            (
                select count(*)
                from {{ of }}
                {{ only_changed(key, changed) if changed else only_looked_up(key) if key }}
            ) as input_rows
    ) as counted
    where core_rows <> input_rows
{% endtest %}
