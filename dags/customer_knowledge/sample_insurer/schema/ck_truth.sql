-- What the sample insurer's sources do not know about themselves, and the rows that its days to come will show.
-- Schemas policy_admin and crm beside this one have the sources' own tables and hold the future.

create schema truth;

create table truth.setting (
    only_row boolean primary key default true check (only_row),
    customers integer not null,
    seed bigint not null,
    first_day date not null,
    last_day date not null
);

create table truth.customer (
    party_id bigint primary key,
    true_segment text not null,
    satisfaction numeric not null,
    is_policyholder boolean not null
);
comment on table truth.customer is 'True segment of each party''s household and the hidden trait. 每个当事人所属的真实客群与隐藏特质。';

create table truth.contact_link (
    contact_id text primary key,
    party_id bigint
);
comment on table truth.contact_link is 'Which party a CRM contact is; NULL: a pure prospect. CRM 联系人对应的当事人；空值为纯潜在客户。';

create table truth.person_party (
    source_system text not null,
    party_id text not null,
    person_id bigint not null,
    primary key (source_system, party_id)
);
comment on table truth.person_party is 'Which person or enterprise each party and each contact is. 每个当事人与联系人对应的真实自然人或企业。';

create table truth.policy_hazard (
    policy_id bigint not null,
    as_of_date date not null,
    probability double precision not null,
    exits boolean not null,
    primary key (as_of_date, policy_id)
);
comment on table truth.policy_hazard is
'True probability that a policy in force is suspended, surrendered or not renewed within 365 days, and whether it is. 有效保单 365 天内自愿退出（中止、退保、不续保）的真实概率及实际结果。';

create table truth.dirt (
    dirt_id integer primary key,
    kind text not null,
    source_system text not null,
    source_table text not null,
    row_key text not null,
    rule_id text not null,
    severity text not null,
    planted_on date not null,
    fixed_on date,
    arrived_clean boolean not null
);
comment on table truth.dirt is
'Planted dirt, past and to come, in force from planted_on until the day before fixed_on. 已植入及将植入的脏数据。';
comment on column truth.dirt.arrived_clean is
'The row was clean first and an update spoilt it: an accepted version exists, its children are no orphans.';

create table truth.change (
    change_id bigint primary key,
    source_system text not null,
    source_table text not null,
    row_key text not null,
    column_name text not null,
    new_value text,
    changed_on date not null,
    moved_at timestamptz
);
comment on table truth.change is 'Updates to come; moved_at NULL: updated_at stays as it was.';

create table truth.deletion (
    source_system text not null,
    source_table text not null,
    row_key text not null,
    deleted_on date not null,
    primary key (source_system, source_table, row_key)
);

create table truth.retention_task (
    task_id bigint primary key,
    leaves_if_left_alone boolean not null,
    leaves_if_treated boolean not null
);
comment on table truth.retention_task is
'Whether the customer of a task leaves by choice within 365 days, treated and left alone: one of them comes true. 任务客户在 365 天内处理与不处理两种情形下是否自愿退出，仅其一成真。';
