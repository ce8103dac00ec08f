-- A claim is decided after it was reported and paid after it was decided. Reported, not stopped: sources err.
{{ config(severity='warn', tags=['severity_warn', 'hurts_customer_360', 'hurts_customer_value']) }}

with followed as (
    select
        claim_key,
        stage,
        reached_on,
        max(reached_on) over (
            partition by claim_key order by stage_order rows between unbounded preceding and 1 preceding
        ) as latest_before
    from {{ ref('fct_claim_stage') }}
    {{ only_changed('policy_key') }}
)

select *
from followed
where reached_on < latest_before
