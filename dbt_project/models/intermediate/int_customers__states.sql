with states as (
    select * from {{ ref('int_parties__states') }}
),

stated as (
    select * from {{ ref('int_consents__stated') }}
),

-- A customer is looked at whenever a party begins or ceases to say something, or consent is given or taken.
moments as (
    select customer_key, valid_from from states
    union
    select customer_key, valid_to from states
    where valid_to is not null
    union
    select customer_key, in_view_from from stated
),

-- Today's identity and order of parties, applied to what they said then.
golden as (
    select
        moments.customer_key,
        moments.valid_from,
        {% for column in [
            'phone_digest', 'province', 'city', 'occupation', 'annual_income', 'industry', 'headcount',
            'preferred_channel', 'is_app_user',
        ] %}
            (array_agg(held.{{ column }} order by held.precedence) filter (where held.{{ column }} is not null))[1]
                as {{ column }},
        {% endfor %}
        count(held.party_key) > 0 as is_there,
        greatest(moments.valid_from, max(held.seen_on)) as known_on
    from moments
    left join states as held
        on
            moments.customer_key = held.customer_key
            and moments.valid_from >= held.valid_from
            and (held.valid_to is null or moments.valid_from < held.valid_to)
            and not held.is_deleted
    group by moments.customer_key, moments.valid_from
),

ranked as (
    select
        moments.customer_key,
        moments.valid_from,
        stated.purpose,
        stated.is_granted,
        rank() over (
            partition by moments.customer_key, moments.valid_from, stated.party_key, stated.purpose
            order by stated.occurred_on desc
        ) as recency
    from moments
    inner join stated
        on moments.customer_key = stated.customer_key and moments.valid_from >= stated.in_view_from
),

consented as (
    select
        customer_key,
        valid_from,
        bool_and(is_granted) filter (where purpose = 'marketing') as marketing_consent,
        bool_and(is_granted) filter (where purpose = 'service') as service_consent,
        bool_and(is_granted) filter (where purpose = 'analytics') as analytics_consent
    from ranked
    where recency = 1
    group by customer_key, valid_from
),

final as (
    select
        golden.*,
        coalesce(consented.marketing_consent, false) as marketing_consent,
        coalesce(consented.service_consent, false) as service_consent,
        coalesce(consented.analytics_consent, false) as analytics_consent
    from golden
    left join consented
        on golden.customer_key = consented.customer_key and golden.valid_from = consented.valid_from
)

select * from final
