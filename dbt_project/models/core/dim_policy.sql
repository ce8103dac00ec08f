{{ built_by('policy_key') }}
-- Who carried a number before is looked up before this is replaced. depends_on: {{ ref('int_complaints__changed') }}

with policies as (
    select * from {{ ref('input__policies') }}
    {{ only_changed('policy_key') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

holders as (
    select * from {{ ref('int_policies__held') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
    {{ only_changed('policy_key') }}
),

-- What the insurer saw on the as-of date, whatever was learnt later.
in_view as (
    select
        *,
        status in (
            'surrendered', 'terminated_by_lapse', 'claim_terminated', 'matured', 'expired', 'free_look_cancelled'
        ) as has_ended
    from periods
    where
        in_view_from <= {{ today() }}
        and (in_view_until is null or in_view_until > {{ today() }})
),

final as (
    select
        policies.policy_key,
        policies.policy_number,
        policies.source_system,
        policies.product_key,
        products.line_of_business,
        policies.agent_key,
        holders.customer_key,
        policies.channel,
        policies.branch,
        policies.issued_on,
        policies.effective_on,
        policies.expires_on,
        policies.premium_mode,
        policies.is_single_pay,
        products.is_long_term,
        policies.payment_term_years,
        policies.annual_premium,
        policies.sum_assured,
        policies.currency,
        in_view.status,
        coalesce(in_view.in_force_flag, false) as in_force_flag,
        case when in_view.has_ended then in_view.valid_from end as ended_on,
        case when in_view.has_ended then in_view.status end as exit_cause,
        policies.known_on,
        policies.is_stale
    from policies
    inner join holders on policies.policy_key = holders.policy_key
    left join products on policies.product_key = products.product_key
    left join in_view on policies.policy_key = in_view.policy_key
)

select * from final
