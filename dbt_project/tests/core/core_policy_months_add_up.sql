-- Months add up to what they are made of: days in force to the periods', premiums to the facts'.
-- Asked with whole builds, of the policies whose key begins with 0, one in sixteen: it is the SQL that makes it true.
{% set asked = "policy_key < '1'" %}
{{ config(tags=['severity_stop', 'with_whole_builds', 'hurts_policy_360', 'hurts_persistency']) }}

with months as (
    select
        sum(policy_month.in_force_days) as in_force_days,
        sum(policy_month.premium_due) as premium_due,
        sum(policy_month.premium_received) as premium_received,
        count(*) filter (
            where policy_month.in_force_days > dim_month.next_month_starts_on - dim_month.month_starts_on
        ) as too_long
    from {{ ref('policy_month') }} as policy_month
    inner join {{ ref('dim_month') }} as dim_month on policy_month.month_starts_on = dim_month.month_starts_on
    where policy_month.{{ asked }}
),

facts as (
    select
        (
            select sum(least(valid_to, {{ today() }} + 1) - valid_from)
            from {{ ref('fct_policy_period') }}
            where {{ asked }} and in_force_flag and valid_from <= {{ today() }}
        ) as in_force_days,
        (
            select sum(amount) from {{ ref('fct_premium_due') }}
            where {{ asked }} and due_on <= {{ today() }}
        ) as premium_due,
        (
            select sum(amount) from {{ ref('fct_premium_payment') }}
            where {{ asked }} and paid_on <= {{ today() }}
        ) as premium_received
)

select months.*
from months
cross join facts
where
    months.too_long > 0
    or coalesce(months.in_force_days, 0) <> coalesce(facts.in_force_days, 0)
    or coalesce(months.premium_due, 0) <> coalesce(facts.premium_due, 0)
    or coalesce(months.premium_received, 0) <> coalesce(facts.premium_received, 0)
