"""The pointer: which edition readers see. Why it is partitioned is told in `sql/30_marts.sql`."""

from __future__ import annotations

import logging

import psycopg
from psycopg import sql

from customer_knowledge.warehouse.connections import Connection

log = logging.getLogger(__name__)
# Shorter than deadlock_timeout (1 s): where a reader and we wait for each other, it is we who give way.
READERS_FIRST = "400ms"


def shown(connection: Connection) -> int | None:
    """Id of the edition that readers see; None before the first publish."""
    row = connection.execute("select edition_id from marts_store.pointer order by move_id desc limit 1").fetchone()
    return None if row is None else int(row[0])


def lock(connection: Connection) -> None:
    """Let one transaction at a time open, block, publish or roll back, and see the pointer as it is now."""
    connection.execute("select pg_advisory_xact_lock(hashtext('customer_knowledge.edition'))")
    connection.execute("lock table marts_store.pointer in share update exclusive mode")


def move(connection: Connection, edition_id: int) -> None:
    """Let readers see an edition from this transaction's commit on (see `sql/30_marts.sql`)."""
    row = connection.execute("select coalesce(max(move_id), 0) + 1 from marts_store.pointer").fetchone()
    assert row is not None  # noqa: S101 — an aggregate always gives a row
    move = {"name": sql.Identifier("marts_store", f"pointer__m{row[0]}"), "move": sql.Literal(int(row[0]))}
    for statement in (
        "create table {name} (move_id bigint not null check (move_id = {move}), edition_id bigint not null)",
        "insert into {name} values ({move}, {edition})",
        "alter table marts_store.pointer attach partition {name} for values in ({move})",
    ):
        connection.execute(sql.SQL(statement).format(**move, edition=sql.Literal(edition_id)))


def forget_moves(connection: Connection) -> None:
    """Drop the pointer's old partitions, if nobody reads just now; a few more do no harm."""
    moves = connection.execute("select move_id from marts_store.pointer order by move_id desc offset 1").fetchall()
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{READERS_FIRST}'")
            for (move,) in moves:
                name = sql.Identifier("marts_store", f"pointer__m{move}")
                connection.execute(sql.SQL("drop table {}").format(name))
    except psycopg.errors.LockNotAvailable:
        log.debug("readers are at work; old moves of the pointer stay until the next time")
