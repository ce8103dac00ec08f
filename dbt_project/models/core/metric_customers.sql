with policies as (
    select * from {{ ref('dim_policy') }}
),

policy_customers as (
    select * from {{ ref('policy_customer') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
    where
        decided_on <= '{{ var("as_of_date") }}'::date
        and decided_on > '{{ var("as_of_date") }}'::date - interval '12 months'
),

surveys as (
    select *, {{ nps_band('score') }} as nps_band
    from {{ ref('fct_survey') }}
    where
        occurred_on <= '{{ var("as_of_date") }}'::date
        and occurred_on > '{{ var("as_of_date") }}'::date - interval '12 months'
),

described as (
    select
        policy_key,
        in_force_flag,
        coalesce(line_of_business, 'unknown') as product_line,
        coalesce(channel, 'unknown') as channel,
        coalesce(branch, 'unknown') as branch
    from policies
),

-- A customer who holds two lines does so in each of them, in each channel and in each branch.
holdings as (
    select
        policy_customers.customer_key,
        described.*,
        min(described.product_line) over of_customer <> max(described.product_line) over of_customer as is_cross_holder
    from policy_customers
    inner join described on policy_customers.policy_key = described.policy_key
    where described.in_force_flag
    window of_customer as (partition by policy_customers.customer_key)
),

held as (
    select
        product_line,
        channel,
        branch,
        count(distinct customer_key) as customers,
        count(distinct policy_key) as policies,
        count(distinct customer_key) filter (where is_cross_holder) as cross_holders
    from holdings
    group by grouping sets ((), (product_line), (channel), (branch))
),

settled as (
    select
        described.product_line,
        described.channel,
        described.branch,
        count(*) filter (where claims.decision = 'paid') as paid,
        count(*) filter (where claims.decision in ('paid', 'denied')) as decided
    from claims
    inner join described on claims.policy_key = described.policy_key
    group by grouping sets ((), (described.product_line), (described.channel), (described.branch))
),

measured as (
    select product_line, channel, branch, 'customers' as metric, customers as numerator, null::bigint as denominator
    from held
    union all
    select product_line, channel, branch, 'policies_per_customer', policies, customers from held
    union all
    select product_line, channel, branch, 'cross_holding_rate', cross_holders, customers from held
    union all
    select product_line, channel, branch, 'settlement_ratio', paid, decided from settled
    union all
    select
        null, null, null, 'nps',
        count(*) filter (where nps_band = 'promoter') - count(*) filter (where nps_band = 'detractor'),
        count(nps_band)
    from surveys
),

final as (
    select
        metric,
        coalesce(product_line, 'all') as product_line,
        coalesce(channel, 'all') as channel,
        coalesce(branch, 'all') as branch,
        numerator::numeric(18, 2) as numerator,
        denominator::numeric(18, 2) as denominator
    from measured
)

select * from final
