{{ built_by('customer_key') }}

with ranked as (
    {{ ranked_parties() }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

kept as (
    select ranked.*
    from ranked
    inner join customers on ranked.customer_key = customers.customer_key
),

final as (
    select
        customer_key,
        {% for column in ['name', 'id_number', 'credit_code', 'birth_date', 'sex'] %}
            (array_agg(party_key order by identity_precedence) filter (where {{ column }} is not null))[1]
                as {{ column }}_source,
        {% endfor %}
        {% for column in [
            'phone', 'province', 'city', 'occupation', 'annual_income', 'industry', 'headcount', 'preferred_channel',
            'is_app_user',
        ] %}
            (array_agg(party_key order by precedence) filter (where {{ column }} is not null))[1]
                as {{ column }}_source,
        {% endfor %}
        count(*)::integer as parties
    from kept
    group by customer_key
)

select * from final
