{{ built_by('customer_key') }}

with customers as (
    select * from {{ ref('int_customers__described') }}
    {{ only_changed('customer_key') }}
),

consent as (
    select * from {{ ref('int_customers__consent') }}
),

final as (
    select
        customers.customer_key,
        customers.party_type as customer_type,
        customers.is_prospect,
        customers.identity_rule,
        customers.name,
        customers.id_number,
        customers.credit_code,
        customers.birth_date,
        customers.licence_date,
        customers.sex,
        customers.phone,
        customers.province,
        customers.city,
        customers.occupation,
        customers.annual_income,
        customers.industry,
        customers.headcount,
        customers.preferred_channel,
        customers.is_app_user,
        coalesce(consent.marketing_consent, false) as marketing_consent,
        coalesce(consent.service_consent, false) as service_consent,
        coalesce(consent.analytics_consent, false) as analytics_consent,
        customers.first_known_on,
        customers.is_stale
    from customers
    left join consent on customers.customer_key = consent.customer_key
    where not customers.is_beneficiary_only
)

select * from final
