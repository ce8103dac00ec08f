{#- APE of a policy: its annual premium where regular, a tenth of it where single. The only place that says so. -#}
{% macro annual_premium_equivalent(policy) -%}
    (case when {{ policy }}.is_single_pay then 0.1 else 1 end * {{ policy }}.annual_premium)
{%- endmacro %}
