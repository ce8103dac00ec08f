-- Search in the notes that BI sees, in its own right: with the caller's rights, so row policies hold. It names its columns, so
-- that a column added to the mart changes nothing here, and it stands before the first edition does. Idempotent.
--
-- Words apart must all be there; the characters of one Chinese word must follow each other, as the mart sets them apart
-- (macro characters_apart).

set local check_function_bodies = off;

create or replace function marts.search_knowledge(words text)
returns table (
    item_key text, rank real, written_on date, title text, body text, kind text, customer_key text, contributor_key text
)
language sql
stable
security invoker
as $$
    with asked as (
        select phraseto_tsquery('simple', regexp_replace(word, '([一-鿿])', ' \1 ', 'g')) as query
        from regexp_split_to_table(words, '[\s　,，、;；。]+') as word
    ),
    phrase as (
        select string_agg('(' || query::text || ')', ' & ')::tsquery as query
        from asked
        where numnode(query) > 0
    )
    select
        note.item_key,
        ts_rank_cd(note.search, phrase.query) as rank,
        note.written_on,
        note.title,
        note.body,
        note.kind,
        note.customer_key,
        note.contributor_key
    from marts.knowledge_item as note
    cross join phrase
    -- Of a note that is withheld there is nothing to be found.
    where note.search @@ phrase.query and note.pii_check <> 'withheld'
    order by rank desc, note.written_on desc, note.item_key
$$;

comment on function marts.search_knowledge(text) is
'Notes that hold all the words, best first; Chinese words need no spaces between their characters: select * from marts.search_knowledge(''退保 孩子''). 全文检索知识条目,按相关度排序;多个词须同时出现,中文词无需逐字分开。';

revoke execute on function marts.search_knowledge(text) from public;
