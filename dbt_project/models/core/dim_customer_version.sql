{{ built_by('customer_key') }}

{%- set tracked = [
    'phone_digest', 'province', 'city', 'occupation', 'annual_income', 'industry', 'headcount', 'preferred_channel',
    'is_app_user', 'marketing_consent', 'service_consent', 'analytics_consent',
] -%}
with customers as (
    select * from {{ ref('dim_customer') }}
    {{ only_changed('customer_key') }}
),

states as (
    select * from {{ ref('int_customers__states') }}
),

compared as (
    select
        *,
        md5(row(is_there, {{ tracked | join(', ') }})::text) as content,
        lag(md5(row(is_there, {{ tracked | join(', ') }})::text)) over earlier as content_before
    from states
    where customer_key in (select customers.customer_key from customers)
    window earlier as (partition by customer_key order by valid_from)
),

-- States that differ in nothing that is kept here are one.
changed as (
    select
        *,
        lag(phone_digest) over (partition by customer_key order by valid_from) as phone_before
    from compared
    where content_before is null or content <> content_before
),

-- The number itself is nobody's business here: which of the customer's numbers it is will do.
closed as (
    select
        *,
        lead(valid_from) over in_order as valid_to,
        count(*) filter (where phone_digest is distinct from phone_before) over in_order as phone_version
    from changed
    window in_order as (partition by customer_key order by valid_from)
),

final as (
    select
        md5(customer_key || '|' || valid_from::text) as customer_version_key,
        customer_key,
        valid_from,
        valid_to,
        known_on,
        valid_to is null as is_current,
        phone_version::integer as phone_version,
        province,
        city,
        occupation,
        annual_income,
        industry,
        headcount,
        preferred_channel,
        is_app_user,
        marketing_consent,
        service_consent,
        analytics_consent
    from closed
    where is_there
)

select * from final
