-- What happened to each edition, when, by whom and why. Rows are added and never changed.

create table if not exists ops.edition_event (
    event_id bigint generated always as identity primary key,
    edition_id bigint not null references ops.edition,
    event text not null check (
        event in ('opened', 'blocked', 'published', 'withdrawn', 'rolled_back_to', 'pruned')
    ),
    at timestamptz not null default clock_timestamp(),
    by text not null default session_user,
    reason text
);

create or replace function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%.% keeps what happened: rows are added and never changed', tg_table_schema, tg_table_name;
end $$;

create or replace trigger only_added before update or delete or truncate on ops.edition_event
for each statement execute function ops.refuse_change();
