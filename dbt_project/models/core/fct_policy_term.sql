{{ built_by('policy_key') }}

with policy_terms as (
    select * from {{ ref('input__policy_terms') }}
    {{ only_changed('policy_key') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

final as (
    select
        policy_terms.policy_term_key,
        policy_terms.source_system,
        policy_terms.policy_key,
        holders.customer_key,
        policy_terms.term_number,
        policy_terms.term_starts_on,
        policy_terms.term_ends_on,
        policy_terms.premium,
        policy_terms.occurred_on,
        policy_terms.known_on,
        policy_terms.is_stale
    from policy_terms
    left join holders on policy_terms.policy_key = holders.policy_key
)

select * from final
