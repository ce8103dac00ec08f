{% set until = "'" ~ var('as_of_date') ~ "'::date" %}

with policies as (
    select * from {{ ref('dim_policy') }}
),

policy_customers as not materialized (
    select * from {{ ref('policy_customer') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
    where decided_on > {{ until }} - interval '12 months' and decided_on <= {{ until }}
),

surveys as (
    select *, {{ nps_band('score') }} as nps_band
    from {{ ref('fct_survey') }}
    where occurred_on > {{ until }} - interval '12 months' and occurred_on <= {{ until }}
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

-- A customer once in each cell: who holds two lines counts in each of them, in each channel and in each branch.
holders as (
    select distinct policy_customers.customer_key, described.product_line, described.channel, described.branch
    from policy_customers
    inner join described on policy_customers.policy_key = described.policy_key
    where described.in_force_flag
),

cross_holders as (
    select customer_key
    from holders
    group by customer_key
    having min(product_line) <> max(product_line)
),

{% set cuts = [none, 'product_line', 'channel', 'branch'] %}
customers_held as (
    {% for cut in cuts %}
        select
            {% for column in cuts if column %}
                {{ 'cut.' ~ column if column == cut else "'all'" }} as {{ column }},
            {% endfor %}
            count(*) as customers,
            count(cross_holders.customer_key) as cross_holders
        from (select distinct customer_key{{ ', ' ~ cut if cut }} from holders) as cut
        left join cross_holders on cut.customer_key = cross_holders.customer_key
        {{ 'group by cut.' ~ cut if cut }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

policies_held as (
    select
        {% for column in cuts if column %}
            coalesce({{ column }}, 'all') as {{ column }},
        {% endfor %}
        count(*) as policies
    from described
    where in_force_flag and policy_key in (select policy_customers.policy_key from policy_customers)
    group by grouping sets ((), (product_line), (channel), (branch))
),

held as (
    select customers_held.*, policies_held.policies
    from customers_held
    inner join policies_held using (product_line, channel, branch)
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
