{{ built_by('customer_key', changed='servicing') }}

with held as (
    select * from {{ ref('dim_policy') }}
    {{ only_changed('customer_key', 'servicing') }}
),

policies as (
    select * from held
    where in_force_flag and customer_key is not null
),

agents as (
    select * from {{ ref('dim_agent') }}
),

insured as (
    select policy_key, customer_key
    from {{ ref('policy_customer') }}
    where role = 'insured'
),

served as (
    select
        policies.policy_key,
        policies.customer_key,
        policies.agent_key,
        agents.branch,
        policies.annual_premium,
        coalesce(agents.left_on <= {{ today() }}, false) as is_orphan,
        case
            when not policies.is_long_term and policies.expires_on >= {{ today() }}
                then policies.expires_on + 1
        end as renews_on,
        case
            when policies.is_long_term and policies.expires_on >= {{ today() }}
                then policies.expires_on
        end as matures_on
    from policies
    left join agents on policies.agent_key = agents.agent_key
),

dated as (
    select
        customer_key,
        (count(*) filter (where is_orphan))::integer as orphan_policies,
        min(renews_on) as next_renewal_on,
        min(matures_on) as next_maturity_on
    from served
    group by customer_key
),

-- Who serves the largest policy serves the customer; an agent who left serves nobody.
main as (
    select distinct on (customer_key) customer_key, agent_key, branch
    from served
    where agent_key is not null and not is_orphan
    order by customer_key asc, annual_premium desc nulls last, policy_key asc
),

covered as (
    select
        served.customer_key,
        count(distinct insured.customer_key)::integer as insured_persons
    from served
    inner join insured on served.policy_key = insured.policy_key
    group by served.customer_key
),

final as (
    select
        dated.customer_key,
        main.agent_key as servicing_agent_key,
        main.branch as servicing_branch,
        dated.orphan_policies,
        dated.next_renewal_on,
        dated.next_maturity_on,
        coalesce(covered.insured_persons, 0) as insured_persons
    from dated
    left join main on dated.customer_key = main.customer_key
    left join covered on dated.customer_key = covered.customer_key
)

select * from final
