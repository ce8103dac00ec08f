with payments as (
    select * from {{ ref('fct_premium_payment') }}
    where
        paid_on <= '{{ var("as_of_date") }}'::date
        and paid_on > '{{ var("as_of_date") }}'::date - interval '12 months'
),

policies as (
    select * from {{ ref('dim_policy') }}
),

-- By the policy year it was due in, whenever it came; by the day it came where the due date is not known.
described as (
    select
        coalesce(policies.line_of_business, 'unknown') as product_line,
        coalesce(policies.channel, 'unknown') as channel,
        coalesce(policies.branch, 'unknown') as branch,
        case
            when policies.is_single_pay then 'single'
            when payments.policy_year > 1 then 'renewal'
            when payments.policy_year is null and payments.paid_on >= policies.effective_on + interval '1 year'
                then 'renewal'
            else 'first_year'
        end as kind,
        payments.amount
    from payments
    inner join policies on payments.policy_key = policies.policy_key
),

summed as (
    select
        product_line,
        channel,
        branch,
        coalesce(sum(amount) filter (where kind = 'first_year'), 0) as first_year,
        coalesce(sum(amount) filter (where kind = 'renewal'), 0) as renewal,
        coalesce(sum(amount) filter (where kind = 'single'), 0) as single
    from described
    group by grouping sets ((), (product_line), (channel), (branch))
),

final as (
    select
        metrics.metric,
        coalesce(summed.product_line, 'all') as product_line,
        coalesce(summed.channel, 'all') as channel,
        coalesce(summed.branch, 'all') as branch,
        metrics.numerator::numeric(18, 2) as numerator,
        null::numeric(18, 2) as denominator
    from summed
    cross join
        lateral (
            values
            ('first_year_premium_received_12m', summed.first_year),
            ('renewal_premium_received_12m', summed.renewal),
            ('single_premium_received_12m', summed.single)
        ) as metrics (metric, numerator)
)

select * from final
