{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('policy_versions', ['policy_admin']) }}
),

final as (
    select
        policy_key,
        source_system,
        version_id,
        seen_on,
        is_deleted,
        product_key,
        agent_key,
        channel,
        branch,
        expires_on,
        premium_mode,
        payment_term_years,
        annual_premium,
        sum_assured,
        known_on
    from mapped
)

select * from final
