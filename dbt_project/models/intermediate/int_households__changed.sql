{{ config(materialized='table') }}

with recursive changed_relations as (
    select * from {{ ref('int_relations__changed') }}
),

related_before as (
    {{ before_this_build('core', 'customer_relationship', ['customer_key', 'related_customer_key', 'relationship']) }}
),

-- A tie that is new has a changed customer at either end, so whoever is in reach of one now, by whatever way, is
-- changed or was in reach of a changed one before.
final as (
    select customer_key
    from changed_relations
    union
    select related_before.related_customer_key
    from final
    inner join related_before on final.customer_key = related_before.customer_key
    where related_before.relationship in ({{ family_ties() }})
)

select * from final
