{% set until = today() %}

with policies as (
    select * from {{ ref('dim_policy') }}
),

customers as not materialized (
    select * from {{ ref('customer_in_force') }}
),

policy_customers as (
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

-- A customer counts once in each line, in each channel and in each branch that one of the policies belongs to.
{% set cuts = {'product_line': 'product_lines', 'channel': 'channels', 'branch': 'branches'} %}
customers_held as (
    select
        'all' as product_line,
        'all' as channel,
        'all' as branch,
        count(*) as customers,
        count(*) filter (where jsonb_array_length(product_lines) > 1) as cross_holders
    from customers
    {% for cut, held in cuts.items() %}
        union all
        select
            {% for column in cuts %}
                {{ 'cut.said' if column == cut else "'all'" }},
            {% endfor %}
            count(*),
            count(*) filter (where jsonb_array_length(customers.product_lines) > 1)
        from customers
        cross join lateral jsonb_array_elements_text(customers.{{ held }}) as cut (said)
        group by cut.said
    {% endfor %}
),

policies_held as (
    select
        {% for column in cuts %}
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
