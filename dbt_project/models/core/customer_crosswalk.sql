{{ built_by('party_key') }}

with identified as (
    {{ identified_parties() }}
),

customers as (
    select * from {{ ref('dim_customer') }}
    {{ only_changed('customer_key') }}
),

final as (
    select
        identified.party_key,
        identified.source_system,
        identified.party_id,
        identified.customer_key,
        identified.identity_rule,
        identified.identity_probability
    from identified
    inner join customers on identified.customer_key = customers.customer_key
)

select * from final
