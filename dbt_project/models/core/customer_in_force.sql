{{ built_by('customer_key') }}

with policy_customers as (
    select * from {{ ref('policy_customer') }}
    {{ only_changed('customer_key') }}
),

policies as (
    select * from {{ ref('dim_policy') }}
    where in_force_flag
),

final as (
    select
        policy_customers.customer_key,
        jsonb_agg(distinct coalesce(policies.line_of_business, 'unknown')) as product_lines,
        jsonb_agg(distinct coalesce(policies.channel, 'unknown')) as channels,
        jsonb_agg(distinct coalesce(policies.branch, 'unknown')) as branches
    from policy_customers
    inner join policies on policy_customers.policy_key = policies.policy_key
    group by policy_customers.customer_key
)

select * from final
