{#- How many customers may share an address or a number and still be taken for a family; more are an office. -#}
{% macro most_of_a_place() -%} 8 {%- endmacro %}


{#- What makes people a household. -#}
{% macro family_ties() -%} 'spouse', 'child', 'parent', 'shares_address' {%- endmacro %}


{#- A row a person and place of its parties, which a CTE holds. -#}
{% macro placed(parties) -%}
    {% for column, relationship in [('address', 'shares_address'), ('phone', 'shares_phone')] %}
        select
            '{{ relationship }}' as relationship,
            {{ column }} as place,
            customer_key,
            min(known_on) as known_on
        from {{ parties }}
        where {{ column }} is not null and party_type = 'person'
        group by {{ column }}, customer_key
        {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}


{#-
    Those of the parties of a CTE that have an address or a number of another CTE's places. Looked through, not looked
    up: a planner that is asked for two lists of places takes them for a handful, and joins what was found row by row.
-#}
{% macro parties_at(places, parties) -%}
    select * from {{ parties }}
    where
        address in (select places.place from {{ places }} as places where places.relationship = 'shares_address')
        or phone in (select places.place from {{ places }} as places where places.relationship = 'shares_phone')
{%- endmacro %}


{#- Of a CTE of who is placed where, the places of another CTE and how many share each: relationship, place, people. -#}
{% macro people_at(places, placed) -%}
    select
        {{ placed }}.relationship,
        {{ placed }}.place,
        count(*) as people
    from {{ placed }}
    inner join {{ places }}
        on {{ placed }}.relationship = {{ places }}.relationship and {{ placed }}.place = {{ places }}.place
    group by {{ placed }}.relationship, {{ placed }}.place
{%- endmacro %}
