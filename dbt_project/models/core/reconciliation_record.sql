{{ built_by('policy_key') }}

with measures as (
    select distinct
        source_system,
        measure
    from {{ ref('input__control_totals') }}
),

policies as not materialized (
    select * from {{ ref('dim_policy') }}
    {{ only_changed('policy_key') }}
),

policy_terms as not materialized (
    select * from {{ ref('fct_policy_term') }}
    {{ only_changed('policy_key') }}
),

premium_payments as (
    select * from {{ ref('fct_premium_payment') }}
    {{ only_changed('policy_key') }}
),

claims as (
    select * from {{ ref('fct_claim') }}
    {{ only_changed('policy_key') }}
),

claim_payments as (
    select * from {{ ref('fct_claim_payment') }}
    {{ only_changed('policy_key') }}
),

-- A measure is what the profile's control total of that name sums.
records as (
    select
        source_system,
        policy_key,
        'policies_in_force' as measure,
        null::integer as year,
        policy_key as record_key,
        1 as value
    from policies
    where in_force_flag
    union all
    select source_system, policy_key, 'contracts', null, policy_key as record_key, 1
    from policies
    union all
    select source_system, policy_key, 'policy_years', extract(year from term_starts_on)::integer, policy_term_key, 1
    from policy_terms
    union all
    select
        source_system,
        policy_key,
        'premium_received',
        extract(year from paid_on)::integer,
        premium_payment_key,
        amount
    from premium_payments
    union all
    select source_system, policy_key, 'premium', extract(year from term_starts_on)::integer, policy_term_key, premium
    from policy_terms
    union all
    select source_system, policy_key, 'claims_paid', extract(year from paid_on)::integer, claim_payment_key, amount
    from claim_payments
    union all
    select source_system, policy_key, 'claim_cost', extract(year from incurred_on)::integer, claim_key, incurred_amount
    from claims
),

final as (
    select
        records.source_system,
        records.policy_key,
        records.measure,
        records.year,
        records.record_key,
        coalesce(records.value, 0)::numeric(16, 2) as value
    from records
    inner join measures on records.source_system = measures.source_system and records.measure = measures.measure
)

select * from final
