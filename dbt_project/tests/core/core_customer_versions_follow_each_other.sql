-- Versions of a customer do not overlap, adjacent ones differ, one is current and says what dim_customer says.
{{ config(tags=['severity_stop', 'hurts_customer_360']) }}

{% set tracked = [
    'province', 'city', 'occupation', 'annual_income', 'industry', 'headcount', 'preferred_channel', 'is_app_user',
    'marketing_consent', 'service_consent', 'analytics_consent',
] %}
with customers as (
    select * from {{ ref('dim_customer') }}
    {{ only_changed('customer_key') }}
),

versions as (
    select * from {{ ref('dim_customer_version') }}
    {{ only_changed('customer_key') }}
),

followed as (
    select
        customer_key,
        valid_from,
        valid_to,
        known_on,
        lead(valid_from) over later as next_valid_from,
        row(phone_version, {{ tracked | join(', ') }})::text as content,
        lead(row(phone_version, {{ tracked | join(', ') }})::text) over later as next_content
    from versions
    window later as (partition by customer_key order by valid_from)
),

currents as (
    select customers.customer_key
    from customers
    left join versions
        on customers.customer_key = versions.customer_key and versions.is_current
    group by customers.customer_key
    having
        count(versions.customer_key) <> 1
        or not coalesce(bool_and(
            (
                {% for column in tracked %}
                    customers.{{ column }} is not distinct from versions.{{ column }}
                    {{ 'and' if not loop.last }}
                {% endfor %}
            )
        ), false)
)

select customer_key, 'overlap, or a version like the one before, or known before it held' as broken
from followed
where
    valid_to <= valid_from
    or coalesce(valid_to, 'infinity') > next_valid_from
    or (valid_to = next_valid_from and content = next_content)
    or known_on < valid_from
union all
select customer_key, 'not exactly one current version that says what the customer says'
from currents
union all
select versions.customer_key, 'a version of nobody'
from versions
left join customers on versions.customer_key = customers.customer_key
where customers.customer_key is null
