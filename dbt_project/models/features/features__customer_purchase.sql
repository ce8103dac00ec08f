with contact as (
    select * from {{ ref('features__customer_contact') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

-- Lines bought in the twelve months after a date, as was known when they were over.
final as (
    select distinct
        contact.customer_key,
        contact.as_of_date,
        policies.line_of_business
    from contact
    inner join policies on contact.customer_key = policies.customer_key
    where
        contact.as_of_date <= {{ today() }} - interval '12 months'
        and policies.issued_on > contact.as_of_date
        and policies.issued_on <= contact.as_of_date + interval '12 months'
        and policies.known_on <= contact.as_of_date + interval '12 months'
        and policies.line_of_business is not null
)

select * from final
