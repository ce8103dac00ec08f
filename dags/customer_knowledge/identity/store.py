"""What identity resolution reads from the warehouse and leaves in it, by edition."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd
from psycopg import sql

from customer_knowledge.identity.cleaning import READ
from customer_knowledge.identity.resolve import Decisions, Resolution
from customer_knowledge.warehouse.connections import Connection

TABLES = ("cluster", "scored_pair", "review", "customer_change")
_BEFORE = """
select party_key, customer_key from identity.cluster
where edition_id = (
    select edition_id from ops.edition
    where edition_id <> %s and as_of_date <= %s and state = 'published'
        and exists (select 1 from identity.cluster where cluster.edition_id = edition.edition_id)
    order by as_of_date desc, edition_id desc
    limit 1
)
"""
_DECISIONS = """
select decision, party_key_a, party_key_b from (
    select distinct on (party_key_a, party_key_b) * from identity.decision
    where decided_at <= (select started_at from ops.edition where edition_id = %s)
    order by party_key_a, party_key_b, decision_id desc
) as newest
order by decision_id desc
"""


def parties(connection: Connection) -> pd.DataFrame:
    """The parties of the input layer, all columns as text."""
    columns = sql.SQL(", ").join(map(sql.Identifier, READ))
    query = sql.SQL("copy (select {} from input_layer.input__parties) to stdout (format csv, header)").format(columns)
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        text = b"".join(bytes(block) for block in copy)
    return pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False, na_values=[""])


def before(connection: Connection, edition_id: int, as_of_date: date) -> dict[str, str]:
    """Customer key by party key, as the edition published last has it."""
    return dict(connection.execute(_BEFORE, (edition_id, as_of_date)).fetchall())


def decisions(connection: Connection, edition_id: int) -> Decisions:
    """What people had decided when an edition was opened: the newest word on each pair, newest first."""
    rows = connection.execute(_DECISIONS, (edition_id,)).fetchall()
    together = [(a, b) for decision, a, b in rows if decision == "must_link"]
    return Decisions(together, [(a, b) for decision, a, b in rows if decision == "cannot_link"])


def save(connection: Connection, edition_id: int, as_of_date: date, found: Resolution) -> None:
    """Write an edition's resolution in place of what it had; forget editions that nobody can go back to."""
    with connection.transaction():
        for table in TABLES:
            name = sql.Identifier("identity", table)
            connection.execute(sql.SQL("delete from {} where edition_id = %s").format(name), (edition_id,))
            if table != "customer_change":
                connection.execute(
                    sql.SQL(
                        "delete from {} where edition_id in (select edition_id from ops.edition"
                        " where state in ('blocked', 'withdrawn') or not is_kept)"
                    ).format(name)
                )
        _copy(connection, "cluster", list(found.parties.columns), edition_id, _rows(found.parties))
        _copy(connection, "scored_pair", list(found.pairs.columns), edition_id, _rows(found.pairs))
        _copy(connection, "review", list(found.review.columns), edition_id, _rows(found.review))
        columns = ["as_of_date", "change", "customer_key", "other_customer_key"]
        _copy(connection, "customer_change", columns, edition_id, ((as_of_date, *change) for change in found.changes))
    connection.execute("analyze identity.cluster")


def _rows(frame: pd.DataFrame) -> Iterable[Sequence[Any]]:
    return frame.itertuples(index=False, name=None)


def _copy(
    connection: Connection, table: str, columns: list[str], edition_id: int, rows: Iterable[Sequence[Any]]
) -> None:
    statement = sql.SQL("copy {} (edition_id, {}) from stdin").format(
        sql.Identifier("identity", table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row((edition_id, *row))
