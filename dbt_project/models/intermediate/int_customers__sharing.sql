with ranked as not materialized (
    select * from {{ ref('int_parties__ranked') }}
),

{% if builds_changes() %}
    changed_parties as (
        select * from ranked
        {{ only_changed('customer_key', 'relations') }}
    ),

    changed_places as (
        {{ placed('changed_parties') }}
    ),

    asked as (
        {{ parties_at('changed_places', 'ranked') }}
    ),
{% else %}
    asked as (
        select * from ranked
    ),
{% endif %}

placed as (
    {{ placed('asked') }}
),

-- What many share is an office or a service number, and says nothing of a family.
shared as (
    select
        relationship,
        place
    from placed
    group by relationship, place
    having count(*) between 2 and {{ most_of_a_place() }}
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
