{{ config(tags=['severity_stop', 'hurts_customer_value']) }}
-- What is counted has a price from the first day on; a price missing would make serving look free.
select counted.activity
from (
    values ('contact_other'), ('complaint'), ('claim'), ('policy_change')
) as counted (activity)
left join {{ ref('activity_cost') }} as costs on counted.activity = costs.activity and costs.valid_from <= '2000-01-01'
where costs.unit_cost is null
