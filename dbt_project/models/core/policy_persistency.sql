{{ config(materialized='view') }}

with anniversaries as (
    select * from {{ ref('policy_anniversary') }}
),

definitions as (
    select
        *,
        string_to_array(exclusions, ';') as excluded
    from {{ ref('persistency_definition') }}
),

asked as (
    select
        anniversaries.*,
        definitions.definition_id,
        definitions.basis,
        definitions.method,
        definitions.excluded,
        case definitions.grace_rule
            when 'month_end' then anniversaries.grace_month_ends_on
            else anniversaries.grace_ends_on
        end as decided_on,
        case definitions.grace_rule
            when 'month_end' then anniversaries.received_in_grace_month
            else anniversaries.received_in_grace
        end as received,
        definitions.basis = 'count' as is_count
    from anniversaries
    inner join definitions on anniversaries.months = definitions.months
),

-- What happened to the policy by the day that counts: for counts the day that completes the month, else the deadline.
judged as (
    select
        *,
        case when is_count then observed_on else decided_on end as judged_on,
        case
            when is_count
                then coalesce(status_observed in ('active', 'grace', 'paid_up', 'premium_waived'), false)
            else coalesce(received >= due_amount, false)
        end as stays
    from asked
),

reasoned as (
    select
        *,
        case
            when is_single_pay and 'single_pay' = any(excluded) then 'single_pay'
            when exit_cause_group = any(excluded) and exit_cause_group = 'free_look_cancellation' then exit_cause_group
            when not is_count and is_payment_term_over then 'payment_term_over'
            when
                exit_cause_group = any(excluded)
                and exit_cause_group in ('claim', 'maturity')
                and ended_on <= judged_on
                and not stays
                then exit_cause_group
            when status_after_grace = 'premium_waived' and 'waived' = any(excluded) then 'waived'
            when status_after_grace = 'suspended' and 'suspended' = any(excluded) then 'suspended'
            when method = 'chained' and not was_paid_so_far then 'left_before'
        end as exclusion_reason
    from judged
),

final as (
    select
        policy_key,
        definition_id,
        months,
        cohort_month,
        due_on,
        decided_on,
        greatest(decided_on + 1, observed_on) as final_from,
        (cohort_month + (months + is_count::integer) * interval '1 month' - interval '1 day')::date as shown_from,
        basis,
        exclusion_reason is null as in_base,
        exclusion_reason,
        exclusion_reason is null and stays as is_kept,
        case
            when exclusion_reason is not null then 0
            when is_count then 1
            else annual_premium
        end::numeric(18, 2) as base_amount,
        case
            when exclusion_reason is not null then 0
            when is_count then stays::integer
            else coalesce(annual_premium * received / coalesce(nullif(original_due_amount, 0), due_amount), 0)
        end::numeric(18, 2) as kept_amount
    from reasoned
)

select * from final
