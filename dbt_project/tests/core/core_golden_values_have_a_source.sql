-- Every value of a customer is that of the party named as its source, and no value is without one.
-- Asked with whole builds: it is the SQL that makes it true, and asking costs as much as the warehouse is large.
{{ config(tags=['severity_stop', 'with_whole_builds', 'hurts_customer_360']) }}

{% for column in [
    'name', 'id_number', 'credit_code', 'birth_date', 'sex', 'phone', 'province', 'city', 'occupation',
    'annual_income', 'industry', 'headcount', 'preferred_channel', 'is_app_user',
] %}
    select
        customers.customer_key,
        '{{ column }}' as attribute
    from {{ ref('dim_customer') }} as customers
    left join {{ ref('customer_attribute_source') }} as sources on customers.customer_key = sources.customer_key
    left join {{ ref('input__parties') }} as parties on sources.{{ column }}_source = parties.party_key
    where customers.{{ column }} is distinct from parties.{{ column }}
    {{ 'union all' if not loop.last }}
{% endfor %}
