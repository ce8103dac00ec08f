{{ built_by('policy_key') }}

with claims as (
    select * from {{ ref('fct_claim') }}
    {{ only_changed('policy_key') }}
),

payments as (
    select
        claim_key,
        min(paid_on) as first_paid_on,
        max(paid_on) as last_paid_on
    from {{ ref('fct_claim_payment') }}
    {{ only_changed('policy_key') }}
    group by claim_key
),

staged as (
    select
        claims.*,
        stages.stage,
        stages.stage_order,
        stages.reached_on
    from claims
    left join payments on claims.claim_key = payments.claim_key
    cross join
        lateral (
            values
            ('incurred', 1, claims.incurred_on),
            ('reported', 2, claims.reported_on),
            ('decided', 3, claims.decided_on),
            ('first_paid', 4, payments.first_paid_on),
            (
                'settled',
                5,
                case
                    when claims.decided_on is not null and claims.reserve_amount = 0
                        then greatest(claims.decided_on, payments.last_paid_on)
                end
            )
        ) as stages (stage, stage_order, reached_on)
),

final as (
    select
        claim_key,
        policy_key,
        customer_key,
        stage,
        stage_order,
        reached_on,
        reached_on - reported_on as days_since_report,
        greatest(known_on, reached_on) as known_on
    from staged
    where reached_on is not null
)

select * from final
