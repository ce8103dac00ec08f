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

create table if not exists identity.cluster (
    edition_id bigint not null references ops.edition,
    party_key text not null,
    customer_key text not null,
    identity_rule text not null,
    probability double precision not null check (probability between 0 and 1),
    primary key (edition_id, party_key)
);
comment on table identity.cluster is
'Which customer each party is, by which rule and with what probability. 每个当事人所属客户、认定规则与概率。';

create table if not exists identity.scored_pair (
    edition_id bigint not null references ops.edition,
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
    edition_id bigint not null references ops.edition,
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
