with second_year as (
    select policy_key, arg_min(premium_due_key, due_on) as premium_due_key, min(due_on) as due_on
    from due
    where policy_year = 2
    group by policy_key
),

paid as (
    select premium_due_key, min(paid_on) as paid_on
    from payment
    group by premium_due_key
)

select
    date_trunc('month', policy.effective_on) as cohort_month,
    product.product_code,
    policy.channel,
    policy.branch,
    policy.agent_key,
    sum(policy.annual_premium) as denominator,
    sum(policy.annual_premium) filter (where paid.paid_on <= second_year.due_on + 60) as numerator
from policy
inner join product on policy.product_key = product.product_key
left join second_year on policy.policy_key = second_year.policy_key
left join paid on second_year.premium_due_key = paid.premium_due_key
where product.is_long_term and not policy.is_single_pay and coalesce(policy.exit_cause, '') <> 'free_look_cancelled'
group by all
