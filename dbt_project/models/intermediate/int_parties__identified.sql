{{ config(materialized='table', post_hook='{{ analyze_table() }}') }}

with parties as (
    select * from {{ ref('input__parties') }}
),

-- Exact numbers only; who has none stands alone. A proxy counts only where the insurer's profile declares it.
recognised as (
    select
        *,
        case
            when '{{ var("customer_identity") }}' = 'proxy' and proxy_identity is not null then 'proxy'
            when credit_code is not null then 'credit_code'
            when id_number is not null then 'id_number'
            else 'stand_alone'
        end as identity_rule
    from parties
),

identities as (
    select
        *,
        case identity_rule
            when 'proxy' then proxy_identity
            when 'credit_code' then credit_code
            when 'id_number' then id_number
            else party_key
        end as identity_value
    from recognised
),

final as (
    select
        party_key,
        source_system,
        party_id,
        first_value(party_key) over (
            partition by identity_rule, identity_value order by known_on, source_system, party_id
        ) as customer_key,
        identity_rule,
        known_on
    from identities
)

select * from final
