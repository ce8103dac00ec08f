{#-
    Agents' notes without the customer's name in any spelling, phones and ID numbers. A note whose party is not known cannot be checked
    for names: its text is withheld.
-#}
with notes as (
    select * from {{ ref('fct_agent_note') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

named as (
    select
        notes.*,
        customers.name,
        customers.name is not null and length(customers.name) > 1 as is_checkable,
        coalesce(nullif(notes.contact_name, ''), customers.name) as spelt_name,
        coalesce(notes.title, '') as title_text
    from notes
    left join customers on notes.customer_key = customers.customer_key
),

redacted as (
    select
        named.*,
        case
            when named.is_checkable then {{ redacted(redacted('body', 'spelt_name'), 'name') }}
            else '【未核对,正文不公开】'
        end as body_redacted,
        case
            when named.is_checkable then {{ redacted(redacted('title_text', 'spelt_name'), 'name') }}
            else ''
        end as title_redacted
    from named
),

final as (
    select
        {{ var('edition_id') }}::bigint as edition_id,
        {{ today() }} as as_of_date,
        note_key as item_key,
        'agent_note' as kind,
        customer_key,
        agent_key as contributor_key,
        occurred_on as written_on,
        title_redacted as title,
        body_redacted as body,
        case
            when not is_checkable then 'withheld'
            when title_redacted <> title_text or body_redacted <> body then 'redacted'
            else 'nothing_found'
        end as pii_check,
        to_tsvector('simple', {{ characters_apart("title_redacted || ' ' || body_redacted") }}) as search
    from redacted
)

select * from final
