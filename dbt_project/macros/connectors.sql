{#-
    The union of what the insurer's connectors map to an entity of the input layer; where none of them has it,
    a typed empty select, so that everything above finds its columns.

    entity: the last part of the staging models' name, `stg_<system>__<entity>`.
    systems: the connectors that map this entity.
-#}
{% macro union_of_connectors(entity, systems) -%}
    {%- set enabled = [] -%}
    {%- for system in systems if system in var('systems') -%}
        {%- do enabled.append(system) -%}
    {%- endfor -%}
    {%- for system in enabled -%}
        {% if not loop.first %}
    union all
    {% endif %}select * from {{ ref('stg_' ~ system ~ '__' ~ entity) }}
    {%- else -%}
        {{ typed_empty(model.columns) }}
    {%- endfor -%}
{%- endmacro %}


{#- No rows, the columns and types of a model's contract. -#}
{% macro typed_empty(columns) -%}
    {{ get_empty_schema_sql(columns) }}
    where false
{%- endmacro %}
