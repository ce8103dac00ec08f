with policy_years as (
    select * from {{ ref('stg_motor_portfolio__policy_years') }}
),

-- The file knows one driver a contract, who holds the policy and is insured by it.
roles (role) as (
    values ('policyholder'), ('insured')
),

final as (
    select
        {{ entity_key('motor_portfolio', ['policy_years.policy_id', 'roles.role']) }} as policy_party_key,
        'motor_portfolio' as source_system,
        policy_years.policy_id || '|' || roles.role as policy_party_id,
        {{ entity_key('motor_portfolio', 'policy_years.policy_id') }} as policy_key,
        {{ entity_key('motor_portfolio', 'policy_years.party_id') }} as party_key,
        roles.role,
        'self' as relationship,
        policy_years.contract_started_on as occurred_on,
        policy_years.contract_started_on as known_on,
        policy_years.is_contract_stale as is_stale
    from policy_years
    cross join roles
    where policy_years.is_last
)

select * from final
