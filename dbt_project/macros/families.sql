{#- As many steps from one relative to the next as a household is followed. -#}
{% macro steps_of_a_household() -%} {{ return(4) }} {%- endmacro %}


{#- Relationships that make people one household. -#}
{% macro of_a_family(relationship) -%}
    {{ relationship }} in ('spouse', 'child', 'parent', 'shares_address')
{%- endmacro %}


{#-
    CTEs `<name>_1`, `<name>_2`, …: the customers of `<name>_0` and who is that many steps from them, by the CTE
    `relationships`.
-#}
{% macro within_steps(name, first, last) -%}
    {% for step in range(first, last + 1) %}
        {{ name }}_{{ step }} as (
            select customer_key from {{ name }}_{{ step - 1 }}
            union
            select relationships.related_customer_key
            from relationships
            inner join {{ name }}_{{ step - 1 }} as earlier on relationships.customer_key = earlier.customer_key
            where {{ of_a_family('relationships.relationship') }}
        ),
    {% endfor %}
{%- endmacro %}
