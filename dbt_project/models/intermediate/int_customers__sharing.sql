{% set most = 8 %}

with ranked as (
    select * from {{ ref('int_parties__ranked') }}
),

placed as (
    {% for column, relationship in [('address', 'shares_address'), ('phone', 'shares_phone')] %}
        select
            '{{ relationship }}' as relationship,
            {{ column }} as place,
            customer_key,
            min(known_on) as known_on
        from ranked
        where {{ column }} is not null and party_type = 'person'
        group by {{ column }}, customer_key
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What many share is an office or a service number, and says nothing of a family.
shared as (
    select
        relationship,
        place
    from placed
    group by relationship, place
    having count(*) between 2 and {{ most }}
),

places as (
    select placed.*
    from placed
    inner join shared on placed.relationship = shared.relationship and placed.place = shared.place
),

final as (
    select
        one.customer_key,
        other.customer_key as related_customer_key,
        one.relationship,
        min(greatest(one.known_on, other.known_on)) as known_on
    from places as one
    inner join places as other on one.relationship = other.relationship and one.place = other.place
    where one.customer_key <> other.customer_key
    group by one.customer_key, other.customer_key, one.relationship
)

select * from final
