-- The ledger: what was read, when, how much of it passed, and which edition it became part of.
-- Idempotent: run by `ck up` on every start.

create schema if not exists landing;
create schema if not exists ops;
create schema if not exists quarantine;
create schema if not exists quality;

create table if not exists ops.batch (
    batch_id bigint generated always as identity primary key,
    source_system text not null,
    source_table text not null,
    as_of_date date not null,
    attempt integer not null default 1,
    state text not null default 'landed' check (state in ('landed', 'passed', 'blocked')),
    snapshot_at timestamptz not null,
    file_name text,
    content_sha256 text,
    rows_read bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_duplicate bigint not null default 0,
    rows_unreadable bigint not null default 0,
    rows_deleted bigint not null,
    rows_accepted bigint,
    rows_rejected bigint,
    rows_released bigint,
    landed_at timestamptz not null default clock_timestamp(),
    unique (source_system, source_table, as_of_date, attempt),
    constraint conservation_of_rows check (
        rows_read = rows_new + rows_changed + rows_unchanged + rows_duplicate + rows_unreadable
    ),
    constraint conservation_of_versions check (rows_new + rows_changed = rows_accepted + rows_rejected)
);

create table if not exists ops.control_total (
    batch_id bigint not null references ops.batch,
    measure text not null,
    year integer,
    value numeric not null,
    unreadable numeric not null default 0,
    unique nulls not distinct (batch_id, measure, year)
);

create table if not exists ops.rejected_version (
    source_system text not null,
    source_table text not null,
    version_id bigint not null,
    rule_id text not null,
    batch_id bigint not null references ops.batch,
    released_batch_id bigint references ops.batch,
    primary key (source_system, source_table, version_id, rule_id)
);

create table if not exists ops.schema_event (
    event_id bigint generated always as identity primary key,
    source_system text not null,
    source_table text not null,
    as_of_date date not null,
    change text not null check (change in ('added', 'removed', 'retyped', 'key_lost', 'table_missing')),
    column_name text,
    detail text not null,
    noticed_at timestamptz not null default clock_timestamp()
);

create table if not exists ops.edition (
    edition_id bigint generated always as identity primary key,
    as_of_date date not null,
    attempt integer not null,
    state text not null check (state in ('building', 'blocked', 'published', 'withdrawn')),
    code_version text not null,
    input_hash text,
    content_hash text,
    blocked_by text,
    is_kept boolean not null default true,
    message text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    unique (as_of_date, attempt)
);

create table if not exists ops.edition_batch (
    edition_id bigint not null references ops.edition,
    batch_id bigint not null references ops.batch,
    primary key (edition_id, batch_id)
);

create table if not exists quarantine.rejected_row (
    source_system text not null,
    source_table text not null,
    version_id bigint not null,
    rule_id text not null,
    batch_id bigint not null references ops.batch,
    reason_en text not null,
    reason_zh text not null,
    payload jsonb not null,
    primary key (source_system, source_table, version_id, rule_id)
);

create table if not exists quarantine.unreadable_row (
    batch_id bigint not null references ops.batch,
    line_number bigint not null,
    column_name text,
    reason text not null,
    payload text not null,
    primary key (batch_id, line_number)
);

create table if not exists quality.check_run (
    run_id bigint generated always as identity primary key,
    gate text not null,
    as_of_date date not null,
    edition_id bigint references ops.edition,
    state text not null check (state in ('passed', 'closed')),
    message text not null,
    started_at timestamptz not null,
    finished_at timestamptz not null
);

create table if not exists quality.check_result (
    run_id bigint not null references quality.check_run,
    check_id text not null,
    severity text not null check (severity in ('stop', 'quarantine', 'warn')),
    asset text not null,
    sentence_en text not null,
    sentence_zh text not null,
    evaluated bigint not null,
    failed bigint not null,
    status text not null check (status in ('passed', 'failed', 'errored', 'nothing_new')),
    primary key (run_id, check_id, asset)
);

create table if not exists quality.failing_key (
    run_id bigint not null references quality.check_run,
    check_id text not null,
    asset text not null,
    key_hash text not null,
    primary key (run_id, check_id, asset, key_hash)
);

-- Landing tables none of whose rows ever went from one policy or party to another, since their first batch; by what tells
-- one row from another there, and by the column that says whose it is.
create table if not exists ops.rows_stay (
    source_system text not null,
    source_table text not null,
    row_key text [] not null,
    root_column text not null,
    primary key (source_system, source_table)
);

-- How many versions a landing table had when the planner was last told of them.
create table if not exists ops.statistics_taken (
    source_system text not null,
    source_table text not null,
    versions bigint not null,
    primary key (source_system, source_table)
);

-- ANALYZE of a table whose rows of one key lie together. It looks at every row of few pages, meets the same keys again and
-- takes them for a twentieth of what they are; plans then read the table whole for a hundredth of its keys. How many keys
-- there are for each row is told by whole pages, and kept as a setting of the column. Keys that lie on several of the pages
-- count once for each: versions that days append make them seem more.
create or replace function ops.analyze_laid_together(laid regclass, keys text []) returns void
language plpgsql as $$
declare
    pages numeric := greatest(1, pg_relation_size(laid) / current_setting('block_size')::numeric);
    key text;
    keys_a_row numeric;
begin
    foreach key in array keys loop
        execute format(
            'select round(count(distinct %I)::numeric / nullif(count(*), 0), 4) from %s tablesample system (%s)'
            ' repeatable (1)', key, laid, least(100, 100 * 1000 / pages)
        ) into keys_a_row;
        execute format('alter table %s alter column %I set (n_distinct = %s)', laid, key, -coalesce(keys_a_row, 0));
    end loop;
    execute format('analyze %s', laid);
end $$;
