{{ config(materialized='view') }}

-- Two CTEs, each used once: one used twice is worked out for all definitions before those asked for are looked at.
with definition_a as (
    select * from {{ ref('policy_persistency') }}
),

definition_b as (
    select * from {{ ref('policy_persistency') }}
),

pairs as (
    select
        a.policy_key,
        a.definition_id as definition_a,
        b.definition_id as definition_b,
        a.cohort_month,
        greatest(a.shown_from, b.shown_from) as shown_from,
        a.in_base as in_base_a,
        b.in_base as in_base_b,
        a.exclusion_reason as exclusion_reason_a,
        b.exclusion_reason as exclusion_reason_b,
        a.is_kept as is_kept_a,
        b.is_kept as is_kept_b,
        a.base_amount as base_amount_a,
        b.base_amount as base_amount_b,
        a.kept_amount as kept_amount_a,
        b.kept_amount as kept_amount_b,
        a.basis = b.basis as is_comparable
    from definition_a as a
    inner join definition_b as b on a.policy_key = b.policy_key and a.definition_id <> b.definition_id
),

final as (
    select
        policy_key,
        definition_a,
        definition_b,
        cohort_month,
        shown_from,
        in_base_a,
        in_base_b,
        exclusion_reason_a,
        exclusion_reason_b,
        is_kept_a,
        is_kept_b,
        base_amount_a,
        base_amount_b,
        kept_amount_a,
        kept_amount_b,
        case
            when in_base_a and not in_base_b then 'base_a_only: ' || exclusion_reason_b
            when in_base_b and not in_base_a then 'base_b_only: ' || exclusion_reason_a
            when is_kept_a and not is_kept_b then 'kept_a_only'
            when is_kept_b and not is_kept_a then 'kept_b_only'
            when is_comparable and (base_amount_a, kept_amount_a) <> (base_amount_b, kept_amount_b) then 'amount'
        end as difference
    from pairs
)

select * from final
