with accepted as (
    {{ accepted_versions('policy_admin', 'premium_due', ['due_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'due_id') }} as premium_due_key,
        'policy_admin' as source_system,
        due_id::text as premium_due_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        due_on,
        amount,
        policy_year::integer as policy_year,
        due_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
