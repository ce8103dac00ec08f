with ranked as (
    {{ ranked_parties() }}
),

-- For each attribute the first value that is there, in the order of those who know: who has a number tells who it is.
final as (
    select
        customer_key,
        min(identity_rule) as identity_rule,
        not bool_or(has_policy) as is_prospect,
        bool_and(is_beneficiary_only) as is_beneficiary_only,
        {% for column in ['party_type', 'name', 'id_number', 'credit_code', 'birth_date', 'sex'] %}
            (array_agg({{ column }} order by identity_precedence) filter (where {{ column }} is not null))[1]
                as {{ column }},
        {% endfor %}
        {% for column in [
            'licence_date', 'phone', 'province', 'city', 'occupation', 'annual_income', 'industry', 'headcount',
            'preferred_channel', 'is_app_user',
        ] %}
            (array_agg({{ column }} order by precedence) filter (where {{ column }} is not null))[1] as {{ column }},
        {% endfor %}
        min(known_on) as first_known_on,
        bool_or(is_stale) as is_stale
    from ranked
    group by customer_key
)

select * from final
