-- The one row that says which edition BI sees. Idempotent.

create table if not exists marts_store.pointer (
    only_row boolean primary key default true check (only_row),
    edition_id bigint not null references ops.edition
);
