{{ config(tags=['severity_stop', 'hurts_customer_360']) }}
-- What a customer holds is the sum of its lines. A policy of an unknown product stands in no line.
select customer_key
from {{ ref('customer_360') }}
where
    policies_life + policies_health + policies_accident + policies_motor + policies_property > policies_in_force
    or annual_premium_life + annual_premium_health + annual_premium_accident + annual_premium_motor
    + annual_premium_property > annual_premium_in_force
    or orphan_policies > policies_in_force
