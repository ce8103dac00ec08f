with accepted as (
    {{ accepted_versions('policy_admin', 'policy_value', ['policy_value_id']) }}
),

final as (
    select
        {{ entity_key('policy_admin', 'policy_value_id') }} as policy_value_key,
        'policy_admin' as source_system,
        policy_value_id::text as policy_value_id,
        {{ entity_key('policy_admin', 'policy_id') }} as policy_key,
        valued_on,
        cash_value,
        valued_on as occurred_on,
        recorded_on as known_on,
        is_stale
    from accepted
)

select * from final
