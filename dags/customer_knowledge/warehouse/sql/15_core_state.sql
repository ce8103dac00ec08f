-- Which edition core and the layers beneath it hold, and whether their last build came to its end.

create table if not exists ops.core_state (
    is_only boolean primary key default true check (is_only),
    edition_id bigint not null references ops.edition,
    as_of_date date not null,
    code_version text not null,
    state text not null check (state in ('building_input', 'input_built', 'building_core', 'complete')),
    built text not null check (built in ('whole', 'changes')),
    reason text not null,
    base_as_of_date date
);

-- The policies and parties that a build of what changed replaces; empty in a whole build.
create schema if not exists changed;
create table if not exists changed.policy (policy_key text primary key);
create table if not exists changed.party (party_key text primary key);
