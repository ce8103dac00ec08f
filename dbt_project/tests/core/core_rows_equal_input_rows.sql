-- No join of core fans out or loses a row: each fact has as many rows as the input it stands on, policy by policy
-- where only some were built.
{{ config(tags=['severity_stop', 'hurts_reconciliation', 'hurts_customer_360', 'hurts_policy_360']) }}

with counted as (
    {% for fact, entity, key in [
        ('dim_policy', 'policies', 'policy_key'), ('dim_insured_object', 'insured_objects', 'policy_key'),
        ('fct_policy_event', 'policy_events', 'policy_key'), ('fct_policy_term', 'policy_terms', 'policy_key'),
        ('fct_premium_due', 'premiums_due', 'policy_key'), ('fct_premium_payment', 'premiums_received', 'policy_key'),
        ('fct_claim', 'claims', 'policy_key'), ('fct_claim_payment', 'claim_payments', 'policy_key'),
        ('fct_policy_value', 'policy_values', 'policy_key'), ('fct_commission', 'commissions', 'policy_key'),
        ('fct_policy_change', 'policy_changes', 'policy_key'), ('fct_interaction', 'interactions', 'party_key'),
        ('fct_complaint', 'complaints', none), ('fct_survey', 'surveys', 'party_key'),
        ('fct_campaign_response', 'campaign_responses', 'party_key'), ('fct_agent_note', 'agent_notes', none),
        ('fct_retention_task', 'retention_tasks', none),
    ] %}
        select
            '{{ fact }}' as fact,
            (select count(*) from {{ ref(fact) }} {{ only_changed(key) if key }}) as core_rows,
            (select count(*) from {{ ref('input__' ~ entity) }} {{ only_changed(key) if key }}) as input_rows
        {% if not loop.last %} union all {% endif %}
    {% endfor %}
)

select *
from counted
where core_rows <> input_rows
