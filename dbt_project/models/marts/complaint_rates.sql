with policy_quarters as (
    select * from {{ ref('policy_quarter') }}
),

complaints as not materialized (
    select * from {{ ref('fct_complaint') }}
    where occurred_on <= {{ today() }}
),

policies as (
    select * from {{ ref('dim_policy') }}
),

-- A complaint that names no policy counts in the whole and in no part of it.
complained as (
    select
        date_trunc('quarter', complaints.occurred_on)::date as quarter_starts_on,
        policies.line_of_business,
        policies.channel,
        policies.branch
    from complaints
    left join policies on complaints.policy_key = policies.policy_key
),

{% set breakdowns = {
    'all': "'all'", 'line_of_business': 'line_of_business', 'channel': 'channel', 'branch': 'branch',
} %}
bases as (
    {% for breakdown, value in breakdowns.items() %}
        select
            '{{ breakdown }}' as breakdown,
            {{ value }} as breakdown_value,
            quarter_starts_on,
            sum(premium_received)::numeric(18, 2) as premium_received,
            (count(*) filter (where is_held))::integer as policies_held,
            sum(insured_persons)::integer as insured_person_times
        from policy_quarters
        group by breakdown_value, quarter_starts_on
        {{ '' if loop.last else 'union all' }}
    {% endfor %}
),

counts as (
    {% for breakdown, value in breakdowns.items() %}
        select
            '{{ breakdown }}' as breakdown,
            {{ value }} as breakdown_value,
            quarter_starts_on,
            count(*)::integer as complaints
        from complained
        group by breakdown_value, quarter_starts_on
        {{ '' if loop.last else 'union all' }}
    {% endfor %}
),

compared as (
    select
        bases.*,
        coalesce(counts.complaints, 0) as complaints
    from bases
    left join counts
        on
            bases.breakdown = counts.breakdown
            and bases.breakdown_value = counts.breakdown_value
            and bases.quarter_starts_on = counts.quarter_starts_on
    -- An insurer without a source of complaints has no rates, not rates of zero.
    where bases.breakdown_value is not null and exists (select 1 from complaints)
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        quarter_starts_on,
        breakdown,
        breakdown_value,
        complaints,
        premium_received,
        policies_held,
        insured_person_times,
        (100000000.0 * complaints / nullif(premium_received, 0))::numeric(18, 4) as per_100m_premium,
        (10000.0 * complaints / nullif(policies_held, 0))::numeric(18, 4) as per_10k_policies,
        (10000.0 * complaints / nullif(insured_person_times, 0))::numeric(18, 4) as per_10k_person_times,
        quarter_starts_on + interval '3 months' <= {{ today() }} + 1 as is_complete
    from compared
)

select * from final
