-- A policy of which no event is known has no status: it counts nowhere as in force. Reported, not stopped.
{{ config(severity='warn', tags=['severity_warn', 'hurts_policy_360', 'hurts_reconciliation']) }}

select policy_key
from {{ ref('dim_policy') }}
where status is null and known_on <= {{ today() }}
