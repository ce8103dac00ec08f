with clusters as (
    select * from {{ source('identity', 'cluster') }}
    where edition_id = {{ var('edition_id') }}
),

final as (
    select
        party_key,
        customer_key,
        identity_rule,
        probability as identity_probability
    from clusters
)

select * from final
