with ranked as (
    select * from {{ ref('int_parties__ranked') }}
    where party_type = 'person'
),

final as (
    {% for column, relationship in [('address', 'shares_address'), ('phone', 'shares_phone')] %}
        select
            '{{ relationship }}' as relationship,
            {{ column }} as place,
            customer_key,
            min(known_on) as known_on
        from ranked
        where {{ column }} is not null
        group by {{ column }}, customer_key
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
