{{ built_by('policy_key') }}

{%- set tracked = kept_of_policies() -%}
with versions as (
    select * from {{ ref('int_policies__versions') }}
),

{{ versions_through_time('policy_key', tracked) }},

final as (
    select
        md5(policy_key || '|' || valid_from::text) as policy_version_key,
        policy_key,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        lead(valid_from) over in_order as superseded_on,
        lag(valid_from) over in_order is null as is_first,
        product_key,
        agent_key,
        channel,
        branch,
        expires_on,
        premium_mode,
        payment_term_years,
        annual_premium,
        sum_assured
    from closed
    where not is_deleted
    window in_order as (partition by policy_key order by valid_from)
)

select * from final
