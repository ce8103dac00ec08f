{{ built_by('policy_key', changed='measures', found_by=['stands_until']) }}

with policies as {{ picked() }} (
    select * from {{ ref('dim_policy') }}
    {{ only_changed('policy_key', 'measures') }}
),

periods as (
    select * from {{ ref('fct_policy_period') }}
    {{ only_changed('policy_key', 'measures') }}
),

payments as (
    select * from {{ ref('fct_premium_payment') }}
    {{ only_changed('policy_key', 'measures') }}
),

dated as (
    select
        *,
        coalesce(valid_to, 'infinity') as until_day,
        (valid_from + interval '2 years')::date as window_closes_on
    from periods
),

-- What was in force a year ago, and whether it is on the day; a suspended policy may come back for two years.
marked as (
    select
        policy_key,
        in_force_flag and valid_from <= {{ a_year_ago() }} and until_day > {{ a_year_ago() }} as was_in_force,
        in_force_flag and valid_from <= {{ today() }} and until_day > {{ today() }} as is_in_force,
        status = 'suspended'
        and window_closes_on > {{ a_year_ago() }} and window_closes_on <= {{ today() }} as is_closed,
        until_day <= window_closes_on
        and next_status in ('active', 'grace', 'paid_up', 'premium_waived') as came_back,
        least(
            {{ seen_otherwise_on('valid_from') }},
            {{ seen_otherwise_on('valid_to') }},
            case when status = 'suspended' then {{ seen_otherwise_on('window_closes_on') }} end
        ) as stands_until
    from dated
),

followed as (
    select
        policy_key,
        bool_or(was_in_force) as was_in_force,
        bool_or(is_in_force) as is_in_force,
        count(*) filter (where is_closed)::integer as windows_closed,
        count(*) filter (where is_closed and came_back)::integer as reinstated,
        min(stands_until) as stands_until
    from marked
    group by policy_key
),

-- By the policy year it was due in, whenever it came; by the day it came where the due date is not known.
received as (
    select
        payments.policy_key,
        payments.amount,
        payments.paid_on <= {{ today() }} as is_received,
        case
            when policies.is_single_pay then 'single'
            when payments.policy_year > 1 then 'renewal'
            when payments.policy_year is null and payments.paid_on >= policies.effective_on + interval '1 year'
                then 'renewal'
            else 'first_year'
        end as kind,
        {{ seen_otherwise_on('payments.paid_on') }} as stands_until
    from payments
    inner join policies on payments.policy_key = policies.policy_key
    where payments.paid_on > {{ a_year_ago() }}
),

paid as (
    select
        policy_key,
        {% for kind in ['first_year', 'renewal', 'single'] %}
            sum(amount) filter (where is_received and kind = '{{ kind }}') as {{ kind }}_premium,
        {% endfor %}
        min(stands_until) as stands_until
    from received
    group by policy_key
),

final as (
    select
        policies.policy_key,
        coalesce(policies.line_of_business, 'unknown') as product_line,
        coalesce(policies.channel, 'unknown') as channel,
        coalesce(policies.branch, 'unknown') as branch,
        case when not coalesce(policies.is_single_pay, false) then policies.annual_premium end as annual_premium,
        followed.was_in_force,
        followed.is_in_force,
        followed.windows_closed,
        followed.reinstated,
        paid.first_year_premium,
        paid.renewal_premium,
        paid.single_premium,
        least(followed.stands_until, paid.stands_until) as stands_until
    from policies
    left join followed on policies.policy_key = followed.policy_key
    left join paid on policies.policy_key = paid.policy_key
)

select * from final
