with parties as (
    select * from {{ ref('input__parties') }}
    {{ only_changed('party_key') }}
),

identified as (
    select * from {{ ref('int_parties__identified') }}
),

roles as (
    select * from {{ ref('int_parties__roles') }}
),

-- For each attribute the first value that is there: parties with a policy before others, then the latest known.
ranked as (
    select
        parties.*,
        identified.customer_key,
        identified.identity_rule,
        roles.has_policy,
        roles.is_beneficiary_only,
        row_number() over (
            partition by identified.customer_key
            order by roles.has_policy desc, parties.known_on desc, parties.source_system asc, parties.party_id asc
        ) as precedence
    from parties
    inner join identified on parties.party_key = identified.party_key
    inner join roles on parties.party_key = roles.party_key
),

final as (
    select
        customer_key,
        min(identity_rule) as identity_rule,
        not bool_or(has_policy) as is_prospect,
        bool_and(is_beneficiary_only) as is_beneficiary_only,
        {% for column in [
            'party_type', 'name', 'id_number', 'credit_code', 'birth_date', 'licence_date', 'sex', 'phone', 'province',
            'city', 'occupation', 'annual_income', 'industry', 'headcount', 'preferred_channel', 'is_app_user',
        ] %}
            (array_agg({{ column }} order by precedence) filter (where {{ column }} is not null))[1] as {{ column }},
        {% endfor %}
        min(known_on) as first_known_on,
        bool_or(is_stale) as is_stale
    from ranked
    group by customer_key
)

select * from final
