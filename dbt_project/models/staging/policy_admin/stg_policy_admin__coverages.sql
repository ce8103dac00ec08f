with accepted as (
    {{ accepted_versions('policy_admin', 'coverage', ['coverage_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'coverage_id') }} as coverage_key,
        'policy_admin' as source_system,
        coverage_id::text as coverage_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        coverage_code,
        is_rider,
        sum_assured,
        annual_premium,
        effective_on,
        expires_on,
        effective_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
