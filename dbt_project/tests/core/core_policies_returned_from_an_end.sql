-- A policy that ended and then went on (an end put down in error). Reported: the replay follows the source.
{{ config(severity='warn', tags=['severity_warn', 'hurts_policy_360', 'hurts_persistency']) }}

select policy_key
from {{ ref('fct_policy_period') }}
where status_group = 'ended' and next_status is not null
