"""What identity resolution reads from the warehouse and leaves in it, by edition."""

from __future__ import annotations

from datetime import date

import pandas as pd
from psycopg import sql

from customer_knowledge.identity.cleaning import READ
from customer_knowledge.identity.resolve import Decisions, Resolution
from customer_knowledge.warehouse.connections import Connection
from customer_knowledge.warehouse.frames import copy_frame, read_frame

TABLES = ("cluster", "scored_pair", "review", "customer_change")
_BASE = """
select edition_id from ops.edition
where edition_id <> %s and as_of_date <= %s and state = 'published'
    and exists (select 1 from identity.cluster where cluster.edition_id = edition.edition_id)
order by as_of_date desc, edition_id desc
limit 1
"""
_DECISIONS = """
select decision, party_key_a, party_key_b from (
    select distinct on (party_key_a, party_key_b) * from identity.decision
    where decided_at <= (select started_at from ops.edition where edition_id = %s)
    order by party_key_a, party_key_b, decision_id desc
) as newest
order by decision_id desc
"""
_READ = sql.SQL(", ").join(sql.Identifier("parties", column) for column in READ)
DIGEST = sql.SQL("hash_record_extended(row({}), 0)").format(_READ)
"""Of all that a party is resolved by; the database compares it with what it was."""


def parties(connection: Connection, among: str | None = None, *more: str) -> pd.DataFrame:
    """The parties of the input layer, all columns as text, with their digest.

    Args:
        connection: to the insurer's warehouse.
        among: a temporary table; only parties whose keys stand in it.
        more: columns of that table, to be read too.
    """
    joined: sql.Composable = sql.SQL("")
    if among is not None:
        joined = sql.SQL(" inner join {0} on parties.party_key = {0}.party_key").format(sql.Identifier(among))
    columns = sql.SQL(", ").join([_READ, *(sql.Identifier(column) for column in more)])
    query = sql.SQL("select {}, {} as digest from input_layer.input__parties as parties{}")
    return read_frame(connection, query.format(columns, DIGEST, joined), dtype=str)


def base(connection: Connection, edition_id: int, as_of_date: date) -> int | None:
    """The edition published last on or before a date, which customers keep their keys from."""
    row = connection.execute(_BASE, (edition_id, as_of_date)).fetchone()
    return None if row is None else int(row[0])


def customers(connection: Connection, edition_id: int | None) -> dict[str, str]:
    """Customer key by party key, as an edition has it."""
    query = "select party_key, customer_key from identity.cluster where edition_id = %s"
    return dict(connection.execute(query, (edition_id,)).fetchall())


def decisions(connection: Connection, edition_id: int) -> Decisions:
    """What people had decided when an edition was opened: the newest word on each pair, newest first."""
    rows = connection.execute(_DECISIONS, (edition_id,)).fetchall()
    together = [(a, b) for decision, a, b in rows if decision == "must_link"]
    return Decisions(together, [(a, b) for decision, a, b in rows if decision == "cannot_link"])


def save(
    connection: Connection,
    edition_id: int,
    as_of_date: date,
    found: Resolution,
    others: tuple[int, str] | None = None,
) -> None:
    """Write an edition's resolution in place of what it had; forget editions that nobody can go back to.

    Args:
        connection: to the insurer's warehouse.
        edition_id: the edition.
        as_of_date: its date.
        found: what was found of all parties or, with `others`, of some.
        others: the edition that has the rows of all others, and the table that says whose it does not have.
    """
    with connection.transaction():
        for table in TABLES:
            name = sql.Identifier("identity", table)
            connection.execute(sql.SQL("delete from {} where edition_id = %s").format(name), (edition_id,))
        for table, frame in (("cluster", found.parties), ("scored_pair", found.pairs), ("review", found.review)):
            if others is not None:
                _take_over(connection, table, list(frame.columns), edition_id, *others)
            _write(connection, table, edition_id, frame)
            _forget_others(connection, table)
        changes = pd.DataFrame(found.changes, columns=["change", "customer_key", "other_customer_key"])
        _write(connection, "customer_change", edition_id, changes.assign(as_of_date=str(as_of_date)))
    connection.execute("analyze identity.cluster")


def counts(connection: Connection, edition_id: int) -> dict[str, int]:
    """Counts of an edition: parties, customers, pairs to review, customers merged or split since the one before."""
    row = connection.execute(
        "select count(*), coalesce(sum(parties), 0), (select count(*) from identity.review where edition_id = %(e)s),"
        " (select count(*) from identity.customer_change where edition_id = %(e)s)"
        " from (select count(*) as parties from identity.cluster where edition_id = %(e)s"
        " group by customer_key) as one",
        {"e": edition_id},
    ).fetchone()
    assert row is not None  # noqa: S101 — an aggregate gives a row
    return {"parties": int(row[1]), "customers": row[0], "review": row[2], "changes": row[3]}


def _forget_others(connection: Connection, table: str) -> None:
    connection.execute(
        sql.SQL(
            "delete from {} where edition_id in (select edition_id from ops.edition"
            " where state in ('blocked', 'withdrawn') or not is_kept)"
        ).format(sql.Identifier("identity", table))
    )


def _take_over(
    connection: Connection, table: str, columns: list[str], edition_id: int, other: int, without: str
) -> None:
    """Rows of another edition as they are, in order of their keys, but for some parties."""
    connection.execute(
        sql.SQL(
            "insert into {table} (edition_id, {columns}) select %s, {columns} from {table} as other"
            " where edition_id = %s and not exists (select from {without} as mine where mine.party_key = other.{first})"
            " order by {first}"
        ).format(
            table=sql.Identifier("identity", table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            without=sql.Identifier(without),
            first=sql.Identifier(columns[0]),
        ),
        (edition_id, other),
    )


def _write(connection: Connection, table: str, edition_id: int, frame: pd.DataFrame) -> None:
    copy_frame(connection, sql.Identifier("identity", table), frame.assign(edition_id=edition_id))
