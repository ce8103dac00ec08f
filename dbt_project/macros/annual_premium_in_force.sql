{#- Annual premium in force of a policy: of one that still pays; paid-up, waived and single premium ones pay no more. The
    only place that says so; docs/measures.md names it. -#}
{% macro annual_premium_in_force(policy, status=None) -%}
    case
        when
            {{ status or policy ~ '.status' }} in ('active', 'grace')
            and not coalesce({{ policy }}.is_single_pay, false)
            then {{ policy }}.annual_premium
    end
{%- endmacro %}
