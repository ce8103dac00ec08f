{#- Whether grades got the service they are due: contacts we made in twelve months, and a named adviser. -#}
with graded as (
    select * from {{ ref('customer_value') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

servicing as (
    select * from {{ ref('customer_servicing') }}
),

contacts as (
    select
        customer_key,
        count(*) as contacts_12m
    from {{ ref('fct_interaction') }}
    where
        direction = 'outbound'
        and occurred_on > {{ today() }} - interval '12 months'
        and occurred_on <= {{ today() }}
        and known_on <= {{ today() }}
    group by customer_key
),

-- Who holds nothing in force is due no service.
due as (
    select
        graded.*,
        customers.customer_type,
        servicing.servicing_agent_key,
        coalesce(contacts.contacts_12m, 0) as contacts_12m
    from graded
    inner join servicing on graded.customer_key = servicing.customer_key
    inner join customers on graded.customer_key = customers.customer_key
    left join contacts on graded.customer_key = contacts.customer_key
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        value_grade,
        customer_type,
        min(service_standard_en) as service_standard_en,
        min(service_standard_zh) as service_standard_zh,
        count(*)::integer as customers,
        min(contacts_per_year)::integer as contacts_per_year,
        sum(contacts_12m)::integer as contacts_12m,
        (count(*) filter (where contacts_12m >= contacts_per_year))::integer as customers_contacted_enough,
        bool_or(has_named_adviser) as has_named_adviser,
        (count(*) filter (where not has_named_adviser or servicing_agent_key is not null))::integer
            as customers_with_adviser_due,
        (count(*) filter (
            where contacts_12m >= contacts_per_year and (not has_named_adviser or servicing_agent_key is not null)
        ))::integer as customers_kept
    from due
    group by value_grade, customer_type
)

select * from final
