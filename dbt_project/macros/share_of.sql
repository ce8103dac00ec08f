{#- A number from 0 to 1 (10,000 steps) that is the same whenever it is asked: chance without dice. -#}
{% macro share_of(key, salt) -%}
    (('x' || substr(md5({{ key }} || '|' || {{ salt }}), 1, 7))::bit(28)::integer % 10000 / 10000.0)
{%- endmacro %}
