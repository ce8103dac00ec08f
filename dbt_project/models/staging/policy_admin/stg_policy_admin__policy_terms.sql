with policies as (
    select * from {{ ref('stg_policy_admin__policies') }}
),

products as (
    select * from {{ ref('stg_policy_admin__products') }}
),

policy_events as (
    select * from {{ ref('stg_policy_admin__policy_events') }}
),

-- A yearly policy's term begins when it is issued or renewed; the contract counts its years from the effective date.
starts as (
    select
        policy_events.*,
        policies.annual_premium,
        coalesce(policies.effective_on, policies.issued_on) as effective_on,
        row_number() over (
            partition by policy_events.policy_key order by policy_events.occurred_on, policy_events.policy_event_id
        )::integer as term_number
    from policy_events
    inner join policies on policy_events.policy_key = policies.policy_key
    inner join products on policies.product_key = products.product_key
    where policy_events.event_type in ('issued', 'renewed') and not products.is_long_term
),

final as (
    select
        md5(starts.policy_event_key || '|term') as policy_term_key,
        starts.source_system,
        starts.policy_event_id as policy_term_id,
        starts.policy_key,
        starts.term_number,
        case
            when starts.term_number = 1 then coalesce(starts.effective_on, starts.occurred_on) else starts.occurred_on
        end as term_starts_on,
        (coalesce(starts.effective_on, starts.occurred_on) + make_interval(years => starts.term_number))::date
            as term_ends_on,
        coalesce(starts.amount, starts.annual_premium) as premium,
        starts.occurred_on,
        starts.known_on,
        starts.is_stale
    from starts
)

select * from final
