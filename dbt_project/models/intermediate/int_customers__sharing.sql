with placed as (
    select * from {{ ref('int_customers__placed') }}
),

{% if var('changed_only') %}
    changed_relations as (
        select * from {{ ref('int_relations__changed') }}
    ),

    asked as (
        select placed.*
        from placed
        where (placed.relationship, placed.place) in (
            select
                own.relationship,
                own.place
            from placed as own
            inner join changed_relations on own.customer_key = changed_relations.customer_key
        )
    ),
{% else %}
    asked as (
        select * from placed
    ),
{% endif %}

-- What many share is an office or a service number, and says nothing of a family.
shared as (
    select
        relationship,
        place
    from asked
    group by relationship, place
    having count(*) between 2 and {{ most_of_a_place() }}
),

places as (
    select asked.*
    from asked
    inner join shared on asked.relationship = shared.relationship and asked.place = shared.place
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
