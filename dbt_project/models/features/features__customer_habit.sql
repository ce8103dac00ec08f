with customers as not materialized (
    select customer_key, as_of_date from {{ ref('features__customer_as_of') }}
),

interactions as (
    select * from {{ ref('fct_interaction') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

contracts as not materialized (
    select * from {{ ref('dim_policy_version') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

-- What customers said of themselves, as far as it had been seen by the date.
versions as (
    select * from {{ ref('dim_customer_version') }}
),

said as (
    select
        customers.customer_key,
        'contact_channel' as aspect,
        interactions.channel as word,
        count(*) as times
    from customers
    inner join interactions on customers.customer_key = interactions.customer_key
    where
        interactions.channel is not null
        and interactions.known_on <= customers.as_of_date
        and interactions.occurred_on <= customers.as_of_date
    group by customers.customer_key, interactions.channel
    union all
    select
        customers.customer_key,
        aspects.aspect,
        aspects.word,
        count(*) as times
    from customers
    inner join policies on customers.customer_key = policies.customer_key
    inner join contracts
        on
            policies.policy_key = contracts.policy_key
            and {{ last_known('contracts', 'customers.as_of_date') }}
    left join products on contracts.product_key = products.product_key
    cross join
        lateral (
            values ('product', products.product_code), ('sales_channel', contracts.channel)
        ) as aspects (aspect, word)
    where
        aspects.word is not null
        and policies.known_on <= customers.as_of_date
        and policies.issued_on <= customers.as_of_date
    group by customers.customer_key, aspects.aspect, aspects.word
    union all
    select
        customers.customer_key,
        'contact_preference' as aspect,
        stated.word,
        1 as times
    from customers
    inner join versions
        on
            customers.customer_key = versions.customer_key
            and customers.as_of_date >= versions.valid_from
            and (versions.valid_to is null or customers.as_of_date < versions.valid_to)
    cross join
        lateral (
            values
            ('prefers_' || versions.preferred_channel),
            (case when versions.is_app_user then 'uses_app' when not versions.is_app_user then 'uses_no_app' end)
        ) as stated (word)
    where stated.word is not null and versions.known_on <= customers.as_of_date
),

counted as (
    select
        customer_key,
        jsonb_object_agg(word, times) filter (where aspect = 'contact_channel') as contact_channels,
        jsonb_object_agg(word, times) filter (where aspect = 'product') as product_codes,
        jsonb_object_agg(word, times) filter (where aspect = 'sales_channel') as sales_channels,
        jsonb_object_agg(word, times) filter (where aspect = 'contact_preference') as contact_preferences
    from said
    group by customer_key
),

final as (
    select
        customers.customer_key,
        customers.as_of_date,
        counted.contact_channels,
        counted.product_codes,
        counted.sales_channels,
        counted.contact_preferences
    from customers
    left join counted on customers.customer_key = counted.customer_key
)

select * from final
