{#- The band of a score from 0 to 10 that the net promoter score counts. NULL without a score. -#}
{% macro nps_band(score) -%}
    case when {{ score }} >= 9 then 'promoter' when {{ score }} >= 7 then 'passive' when {{ score }} >= 0 then 'detractor' end
{%- endmacro %}
