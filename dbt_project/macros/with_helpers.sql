{#-
    For a model that all others wait for. Statements of a build of changes have no parallel helpers, for the sake of those
    beside them; beside this one there are none.
-#}
{% macro with_helpers() -%}
    {% if var('changed_only') %} set local max_parallel_workers_per_gather = 2 {% endif %}
{%- endmacro %}
