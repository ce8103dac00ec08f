"""A day's resolution of what changed: the same rows as resolving everybody with what was learnt before.

Who is who in a component, parties that any link connects, joined or not, depends on nobody else. So only components are
resolved that a party is in which changed, came, went or is linked anew; everybody else's rows are the edition's before.
All steps run in one transaction over temporary tables; what is looked up there goes by index.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pandas as pd
from psycopg import sql

from customer_knowledge.identity import kept, linkage, store
from customer_knowledge.identity.cleaning import BLOCK_LIMIT, clean, uncrowded
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.exact import shared
from customer_knowledge.identity.kept import NotByChanges
from customer_knowledge.identity.linkage import Parameters
from customer_knowledge.identity.resolve import (
    KEYS,
    Decisions,
    Grouped,
    Resolution,
    grouped,
    least,
    placed,
    settled,
)
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.frames import copy_frame

log = logging.getLogger(__name__)
MOST_CHANGED = 0.1
"""Share of the parties beyond which resolving everybody is quicker."""
CHANGED, FRESH, CROSSING, TOGETHER = "identity_changed", "identity_fresh", "identity_crossing", "identity_together"
ANEW, FOUND, KEY, NEAR = "identity_anew", "identity_found", "identity_key", "identity_near"
LINKED, AGAIN = "identity_linked", "identity_again"
_TABLES = {
    CHANGED: "party_key text primary key, digest bigint",
    FRESH: "party_key text primary key, exact bigint[] not null, blocks bigint[] not null",
    CROSSING: "hash bigint primary key",
    TOGETHER: "one text not null, other text not null",
    ANEW: "party_key text primary key, round integer not null",
    FOUND: "party_key text primary key, is_open boolean not null, component bigint, strayed_key text",
    KEY: "hash bigint primary key, is_open boolean not null",
    NEAR: "party_key text primary key, is_open boolean not null",
    LINKED: "party_key text primary key",
    AGAIN: "party_key text primary key",
}
_CHANGED = """
insert into identity_changed (party_key, digest)
select coalesce(now.party_key, known.party_key), now.digest
from (select party_key, {digest} as digest from input_layer.input__parties as parties) as now
full join identity.party as known on now.party_key = known.party_key
where now.digest is distinct from known.digest
"""
# What people decided since the edition before was opened, or what this one, opened earlier, does not know yet.
_DECIDED = """
insert into identity_changed (party_key, digest)
select party.party_key, party.digest
from (
    select decision.party_key_a as a, decision.party_key_b as b from identity.decision
    inner join (
        select min(started_at) as since, max(started_at) as until from ops.edition where edition_id = any(%s)
    ) as span on decision.decided_at > span.since and decision.decided_at <= span.until
) as decided
inner join identity.party on party.party_key in (decided.a, decided.b)
on conflict (party_key) do nothing
"""
# Keys of blocks that have become too large to compare by, or are no longer.
_CROSSING = """
insert into identity_crossing (hash)
select moved.hash
from (
    select hash, sum(more) as more
    from (
        select unnest(blocks) as hash, -1 as more from identity.party_before where digest is not null
        union all
        select unnest(blocks), 1 from identity_fresh
    ) as one
    group by hash
    having sum(more) <> 0
) as moved
cross join lateral (select count(*) as parties from identity.block where block.hash = moved.hash) as before
where (before.parties > %(limit)s) <> (before.parties + moved.more > %(limit)s)
"""
# Most changed parties keep most of their keys.
_REFRESH = (
    "delete from identity.block using ("
    " select party_key, unnest(exact || blocks) as hash from identity.party_before where digest is not null"
    " except select party_key, unnest(exact || blocks) from identity_fresh"
    ") as old where block.hash = old.hash and block.party_key = old.party_key",
    "insert into identity.block (party_key, hash) select party_key, unnest(exact || blocks) from identity_fresh"
    " except select party_key, unnest(exact || blocks) from identity.party_before where digest is not null",
    "delete from identity.party using identity_changed as changed"
    " where changed.digest is null and party.party_key = changed.party_key",
    # Of a party that is new it is not known yet whether it is open and whom it is linked with.
    "insert into identity.party (party_key, digest, is_open, component, exact, blocks)"
    " select party_key, changed.digest, true, 0, fresh.exact, fresh.blocks"
    " from identity_fresh as fresh inner join identity_changed as changed using (party_key)"
    " on conflict (party_key) do update set digest = excluded.digest, exact = excluded.exact, blocks = excluded.blocks",
)
_FIRST_ANEW = (
    "insert into identity_anew (party_key, round) select party_key, 0 from identity_changed",
    "insert into identity_anew (party_key, round) select distinct block.party_key, 0 from identity_crossing"
    " inner join identity.block using (hash) on conflict (party_key) do nothing",
)
# Whether a party is open, and with whom it is one by rule, hangs on all that rules and decisions connect it with,
# now or before: their pairs are scored anew.
_MORE_ANEW = """
insert into identity_anew (party_key, round)
select found.party_key, %(round)s + 1
from (
    select block.party_key
    from (
        select unnest(party.exact) as hash from identity_anew inner join identity.party using (party_key)
        where identity_anew.round = %(round)s
        union
        select unnest(party_before.exact) from identity_anew inner join identity.party_before using (party_key)
        where identity_anew.round = %(round)s
    ) as shared
    inner join identity.block using (hash)
    union
    select identity_together.other from identity_together
    inner join identity_anew on identity_together.one = identity_anew.party_key where identity_anew.round = %(round)s
    union
    select identity_together.one from identity_together
    inner join identity_anew on identity_together.other = identity_anew.party_key where identity_anew.round = %(round)s
) as found
on conflict (party_key) do nothing
"""
_OPENED = (
    "update identity.party set is_open = identity_found.is_open from identity_found"
    " where party.party_key = identity_found.party_key and party.is_open <> identity_found.is_open"
)
_KEYS = """
insert into identity_key (hash, is_open)
select hash, bool_or(is_open)
from (
    select unnest(party.blocks) as hash, party.is_open from identity_anew inner join identity.party using (party_key)
) as one
group by hash
"""
_CROWDED = """
delete from identity_key
where (
    select count(*)
    from (select from identity.block where block.hash = identity_key.hash limit %(limit)s + 1) as few
) > %(limit)s
returning hash
"""
_NEAR = """
insert into identity_near (party_key, is_open)
select distinct party.party_key, party.is_open
from identity_key
inner join identity.block using (hash)
inner join identity.party using (party_key)
where (identity_key.is_open or party.is_open)
    and not exists (select from identity_anew where identity_anew.party_key = party.party_key)
"""
_AGAIN = """
insert into identity_again (party_key)
select party_key from identity_anew
union
select party.party_key from identity.party
where component in (
    select component from identity_anew inner join identity.party_before using (party_key) where component is not null
    union
    select component from identity_linked inner join identity.party using (party_key)
)
"""
_SCORED_BEFORE = """
select party_key_a, party_key_b, probability, match_weight
from identity_again
inner join identity.scored_pair on scored_pair.party_key_a = identity_again.party_key
where scored_pair.edition_id = %s and scored_pair.rule = %s
    and not exists (
        select from identity_anew where identity_anew.party_key in (scored_pair.party_key_a, scored_pair.party_key_b)
    )
"""
_CUSTOMERS = """
select party_key, customer_key from identity.cluster inner join identity_again using (party_key) where edition_id = %s
"""
_TAKEN = """
select distinct strayed_key from identity.party
where strayed_key is not null and not exists (select from identity_again where party_key = party.party_key)
"""
_FOUND = (
    "update identity.party set is_open = identity_found.is_open, component = identity_found.component,"
    " strayed_key = identity_found.strayed_key from identity_found where party.party_key = identity_found.party_key"
)


@dataclass(frozen=True)
class Task:
    """What is to be resolved: an edition, from another's result.

    Attributes:
        edition_id: the edition.
        base: the edition published before.
        thresholds: from which probability on pairs are joined or shown to a person.
        decisions: what people decided.
        parameters: what was learnt.
    """

    edition_id: int
    base: int
    thresholds: Thresholds
    decisions: Decisions
    parameters: Parameters


def resolve_changes(connection: Connection, task: Task) -> Resolution:
    """Who is who among those who may be somebody else than before; whose keys stand in the temporary table `AGAIN`.

    What is kept of each party is brought up to date; see `kept.take_up` for what it must be before.

    Raises:
        NotByChanges: too many changed, or the model has not learnt of a kind of party that there is now.
    """
    for name, columns in _TABLES.items():
        connection.execute(f"create temporary table {name} ({columns}) on commit drop".encode())
    changed = _changed(connection, task)
    _refresh(connection)
    anew = _anew(connection, task.decisions)
    scored, near = _scored(connection, task, anew)
    _again(connection, scored)
    found = _settled(connection, task, scored)
    log.info(
        "%s parties changed, %s are scored anew against %s others, %s resolved anew",
        *(changed, len(anew.table), near, len(found.parties)),
    )
    return found


def _changed(connection: Connection, task: Task) -> int:
    """Collect the parties that differ from what they were; gives how many."""
    connection.execute(sql.SQL(_CHANGED).format(digest=store.DIGEST))
    connection.execute(_DECIDED.encode(), ([task.base, task.edition_id],))
    connection.execute("analyze identity_changed")
    found = connection.execute(
        "select (select count(*) from identity_changed), (select count(*) from identity.party)"
    ).fetchall()
    changed, known = found[0]
    if changed > MOST_CHANGED * known:
        raise NotByChanges(f"{changed} of {known} parties changed")
    return int(changed)


def _refresh(connection: Connection) -> None:
    """Bring what finds the changed parties up to date, and collect the keys of blocks that crossed the limit."""
    kept.keep_before(connection, CHANGED)
    table = clean(store.parties(connection, CHANGED))
    table = table.assign(**shared(table))
    copy_frame(connection, sql.Identifier(FRESH), kept.with_lists(table[["party_key", *KEYS]]))
    connection.execute("analyze identity_fresh")
    connection.execute(_CROSSING.encode(), {"limit": BLOCK_LIMIT})
    for statement in _REFRESH:
        connection.execute(statement.encode())


def _anew(connection: Connection, decisions: Decisions) -> Grouped:
    """Collect the parties whose pairs are scored anew, and join them as far as decisions and exact rules go."""
    together = pd.DataFrame(decisions.together, columns=["one", "other"])
    copy_frame(connection, sql.Identifier(TOGETHER), together)
    for statement in _FIRST_ANEW:
        connection.execute(statement.encode())
    number, more = 0, 1
    while more:
        connection.execute("analyze identity_anew")
        more = connection.execute(_MORE_ANEW.encode(), {"round": number}).rowcount
        number += 1
    kept.keep_before(connection, ANEW)
    group = grouped(store.parties(connection, ANEW), decisions)
    copy_frame(connection, sql.Identifier(FOUND), group.table[["party_key", "is_open"]])
    connection.execute("analyze identity_found")
    connection.execute(_OPENED)
    return group


def _scored(connection: Connection, task: Task, anew: Grouped) -> tuple[pd.DataFrame, int]:
    """Pairs of the parties to be scored anew, by key, with one another and with who shares a block; and how many do."""
    connection.execute(_KEYS)
    connection.execute("analyze identity_key")
    crowded = {row[0] for row in connection.execute(_CROWDED.encode(), {"limit": BLOCK_LIMIT}).fetchall()}
    near = connection.execute(_NEAR).rowcount
    connection.execute("analyze identity_near")
    table = uncrowded(_beside(anew.table, store.parties(connection, NEAR, "is_open")), crowded)
    lacking = linkage.lacking(table, task.parameters)
    if lacking:
        raise NotByChanges(f"nothing is learnt yet of {', '.join(lacking)}")
    links = linkage.score(table, least(task.thresholds), task.parameters)
    party_key = table["party_key"].tolist()
    rows = [(party_key[x.left], party_key[x.right], x.probability, x.weight) for x in links]
    return pd.DataFrame(rows, columns=["party_key_a", "party_key_b", "probability", "match_weight"]), near


def _beside(anew: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """Parties to be scored anew and their neighbours, who are in no group of theirs, in order of their keys."""
    others = clean(near)
    others["is_open"] = others["is_open"] == "t"
    others = others.assign(is_anew=False, exact_group=-1)
    return pd.concat([anew, others]).sort_values("party_key", ignore_index=True)


def _again(connection: Connection, scored: pd.DataFrame) -> None:
    """Collect the components to be resolved again."""
    linked = sorted({*scored["party_key_a"], *scored["party_key_b"]})
    copy_frame(connection, sql.Identifier(LINKED), pd.DataFrame({"party_key": linked}, dtype=object))
    connection.execute("analyze identity_linked")
    connection.execute(_AGAIN)
    connection.execute("analyze identity_again")


def _settled(connection: Connection, task: Task, scored: pd.DataFrame) -> Resolution:
    """Resolve the components anew, by pairs scored now and before, and keep how their parties are found."""
    group = grouped(store.parties(connection, AGAIN), task.decisions)
    rows = connection.execute(_SCORED_BEFORE.encode(), (task.base, linkage.RULE)).fetchall()
    links = placed(group.table, scored) + placed(group.table, pd.DataFrame(rows, columns=list(scored.columns)))
    before: dict[str, str] = dict(connection.execute(_CUSTOMERS.encode(), (task.base,)).fetchall())
    taken = {row[0] for row in connection.execute(_TAKEN).fetchall()}
    ordered = linkage.in_order(links, group.table["kind"])
    found = settled(group, ordered, task.thresholds, before, taken=taken)
    kept.keep_before(connection, AGAIN)
    connection.execute("truncate identity_found")
    columns = ["party_key", "is_open", "component", "strayed_key"]
    copy_frame(connection, sql.Identifier(FOUND), found.found_by[columns])
    connection.execute(_FOUND)
    return found
