with resolved as (
    select * from {{ ref('stg_identity__party_identities') }}
),

final as (
    select
        party_key,
        customer_key,
        identity_rule,
        identity_probability
    from resolved
)

select * from final
