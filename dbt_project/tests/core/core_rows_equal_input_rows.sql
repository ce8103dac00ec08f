-- No join of core fans out or loses a row: each fact has as many rows as the input it stands on.
{{ config(tags=['severity_stop', 'hurts_reconciliation', 'hurts_customer_360', 'hurts_policy_360']) }}

with counted as (
    {% for fact, entity in [
        ('dim_policy', 'policies'), ('dim_insured_object', 'insured_objects'), ('fct_policy_event', 'policy_events'),
        ('fct_policy_term', 'policy_terms'), ('fct_premium_due', 'premiums_due'),
        ('fct_premium_payment', 'premiums_received'), ('fct_claim', 'claims'), ('fct_claim_payment', 'claim_payments'),
        ('fct_interaction', 'interactions'), ('fct_complaint', 'complaints'), ('fct_survey', 'surveys'),
        ('fct_policy_value', 'policy_values'), ('fct_commission', 'commissions'),
        ('fct_policy_change', 'policy_changes'), ('fct_campaign_response', 'campaign_responses'), ('fct_agent_note', 'agent_notes'),
    ] %}
        select
            '{{ fact }}' as fact,
            (select count(*) from {{ ref(fact) }}) as core_rows,
            (select count(*) from {{ ref('input__' ~ entity) }}) as input_rows
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
)

select *
from counted
where core_rows <> input_rows
