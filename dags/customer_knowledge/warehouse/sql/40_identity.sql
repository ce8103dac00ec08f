-- Who is who, by edition: which party is which customer, what speaks for it, and what people decided. Idempotent.

create schema if not exists identity;

create table if not exists identity.decision (
    decision_id bigint generated always as identity primary key,
    decision text not null check (decision in ('must_link', 'cannot_link')),
    party_key_a text not null,
    party_key_b text not null,
    decided_by text not null check (decided_by <> ''),
    reason text not null check (reason <> ''),
    decided_at timestamptz not null default clock_timestamp(),
    check (party_key_a < party_key_b)
);
comment on table identity.decision is
'Two parties are one, or are not: what a person decided. The newest decision on a pair counts. 人工裁定:两个当事人是否为同一人;同一对以最新裁定为准。';

-- Rows of an edition are written in the transaction that names it in identity.state: there a foreign key asks once what it
-- would ask here of every row.
create table if not exists identity.cluster (
    edition_id bigint not null,
    party_key text not null,
    customer_key text not null,
    identity_rule text not null,
    probability double precision not null check (probability between 0 and 1),
    primary key (edition_id, party_key)
);
comment on table identity.cluster is
'Which customer each party is, by which rule and with what probability. 每个当事人所属客户、认定规则与概率。';

create table if not exists identity.scored_pair (
    edition_id bigint not null,
    party_key_a text not null,
    party_key_b text not null,
    rule text not null,
    probability double precision not null,
    match_weight double precision not null,
    is_joined boolean not null,
    primary key (edition_id, party_key_a, party_key_b)
);
comment on table identity.scored_pair is
'Pairs that a rule or the linkage model speaks for; match_weight in bits, 0 for exact rules. 规则或概率模型给出的当事人对。';

create table if not exists identity.review (
    edition_id bigint not null,
    party_key_a text not null,
    party_key_b text not null,
    rule text not null,
    probability double precision not null,
    reason text not null check (
        reason in (
            'below_threshold', 'ambiguous', 'different_numbers', 'same_number_other_name', 'decided_apart',
            'decisions_contradict'
        )
    ),
    primary key (edition_id, party_key_a, party_key_b)
);
comment on table identity.review is
'Pairs that were not joined though something speaks for it, and why. 有证据但未合并的当事人对及其原因。';

alter table identity.cluster drop constraint if exists cluster_edition_id_fkey;
alter table identity.scored_pair drop constraint if exists scored_pair_edition_id_fkey;
alter table identity.review drop constraint if exists review_edition_id_fkey;

create or replace view identity.conflict as
select edition_id, party_key_a, party_key_b, rule, probability, reason
from identity.review
where reason in ('different_numbers', 'same_number_other_name', 'decided_apart', 'decisions_contradict');
comment on view identity.conflict is
'Pairs that a rule would join and a number or a decision forbids. 规则主张合并而证件号或裁定禁止的当事人对。';

create table if not exists identity.customer_change (
    edition_id bigint not null references ops.edition,
    as_of_date date not null,
    change text not null check (change in ('merged_into', 'split_from', 'took_from')),
    customer_key text not null,
    other_customer_key text not null,
    primary key (edition_id, change, customer_key, other_customer_key)
);
comment on table identity.customer_change is
'Customers that became part of another, came out of one, or took parties from one that goes on, since the edition published before. 与上一已发布版次相比的客户合并、拆分与当事人转移。';

-- What a day's resolution needs so as not to look at everybody: what was learnt, and how each party is found.

create table if not exists identity.model (
    kind text primary key,
    method text not null,
    edition_id bigint not null references ops.edition,
    parties bigint not null,
    settings jsonb not null,
    counted jsonb not null
);
comment on table identity.model is
'What the linkage model learnt of each kind of party, from which edition and how many parties; it stays while the method does. 关联模型参数及其学习所用版次与当事人数,方法不变则沿用。';

create table if not exists identity.term_frequency (
    kind text not null,
    attribute text not null,
    value_hash bigint not null,
    times integer not null,
    primary key (kind, attribute, value_hash)
);
comment on table identity.term_frequency is
'How many times a value stood, of values that stood more than once, when the model learnt. 学习参数时出现一次以上的取值及其次数(取值为散列)。';

create table if not exists identity.party (
    party_key text primary key,
    digest bigint not null,
    is_open boolean not null,
    component bigint not null,
    strayed_key text,
    exact bigint [] not null,
    blocks bigint [] not null
);
create index if not exists party_component on identity.party (component);
create index if not exists party_strayed on identity.party (strayed_key) where strayed_key is not null;
comment on table identity.party is
'Each party as it was resolved last: digest of what it was compared by, whether it is open, whom any link connects it with, and the keys it is found by. 当事人上次识别时的摘要、连通分量与分块键。';

create table if not exists identity.block (
    hash bigint not null,
    party_key text not null
);
create index if not exists block_hash on identity.block (hash);
comment on table identity.block is
'Which parties share a key: those of exact rules and those by which pairs are compared. 共用同一精确键或分块键的当事人。';

-- Rows of identity.party as the edition before had them; no digest: the party was not there.
create table if not exists identity.party_before (
    party_key text primary key,
    digest bigint,
    is_open boolean,
    component bigint,
    strayed_key text,
    exact bigint [],
    blocks bigint []
);
comment on table identity.party_before is
'What the edition resolved last changed in identity.party, as it was before, so that it can be resolved again. 最近一次识别所改动的 identity.party 行的原值,供重做。';

create table if not exists identity.state (
    is_only boolean primary key default true check (is_only),
    edition_id bigint not null references ops.edition,
    base_edition_id bigint references ops.edition,
    method text not null
);
comment on table identity.state is
'Which edition identity.party and identity.block are of, and which they are of again once identity.party_before is put back. identity.party 与 identity.block 所属版次,及还原后所属版次。';
