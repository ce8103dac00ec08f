{{ built_by('policy_key') }}

with mapped as (
    {{ union_of_connectors('coverages', ['policy_admin']) }}
),

final as (
    select
        coverage_key,
        source_system,
        coverage_id,
        policy_key,
        coverage_code,
        is_rider,
        sum_assured,
        annual_premium,
        effective_on,
        expires_on,
        occurred_on,
        known_on,
        is_stale
    from mapped
)

select * from final
