"""From a filled stage to landing: versions by comparison with what was last seen, and the ledger's row.

Everything of one batch happens in one transaction under an advisory lock, so a batch is there whole or not at
all, and a second attempt after a lost acknowledgement finds the ledger's row and does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql

from customer_knowledge.extract import owners, repeated
from customer_knowledge.profile import Table
from customer_knowledge.warehouse.connections import Connection

log = logging.getLogger(__name__)
SCHEMA = "landing"
COUNTS = (
    *("rows_read", "rows_new", "rows_changed", "rows_unchanged"),
    *("rows_duplicate", "rows_unreadable", "rows_deleted"),
)
OWN_COLUMNS = ("_version_id", "_batch_id", "_row_hash", "_is_deleted")
Columns = dict[str, str]
Total = tuple[str, int | None, Decimal, Decimal]  # measure, year, value, of it in unreadable rows


@dataclass(frozen=True)
class BatchSummary:
    """What one batch brought: counts only, never values."""

    batch_id: int
    system: str
    table: str
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_duplicate: int
    rows_unreadable: int
    rows_deleted: int
    landed_now: bool


@dataclass(frozen=True)
class Reading:
    """What the reader of a source knows about a batch besides its rows."""

    snapshot_at: datetime
    rows_read: int
    rows_duplicate: int = 0
    unreadable: Sequence[tuple[int, str | None, str, str]] = ()
    totals: Sequence[Total] = ()
    file_name: str | None = None
    content_sha256: str | None = None


def table_name(system: str, table: str) -> str:
    """Name of a source table in landing."""
    return f"{system}__{table}"


def relation(system: str, table: str) -> sql.Identifier:
    """A source table in landing, quoted."""
    return sql.Identifier(SCHEMA, table_name(system, table))


def columns_of(connection: Connection, schema: str, table: str) -> Columns:
    """Columns and types of a table, in order; empty where there is none."""
    rows = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute a"
        " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = %s and attnum > 0 and not attisdropped order by attnum",
        (schema, table),
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def business_columns(connection: Connection, system: str, table: str) -> Columns:
    """The source's columns as landing keeps them."""
    found = columns_of(connection, SCHEMA, table_name(system, table))
    return {name: kind for name, kind in found.items() if name not in OWN_COLUMNS}


def ensure_table(connection: Connection, system: str, table: Table, columns: Columns) -> None:
    """Make the landing table of a source table if it is not there yet."""
    name = table_name(system, table.name)
    owners.begin_notes(connection, system, table, is_new=not columns_of(connection, SCHEMA, name))
    declared = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()]
    connection.execute(
        sql.SQL(
            "create table if not exists {} ({}, _version_id bigint generated always as identity primary key,"
            " _batch_id bigint not null references ops.batch, _row_hash uuid not null,"
            " _is_deleted boolean not null default false)"
        ).format(relation(system, table.name), sql.SQL(", ").join(declared))
    )
    connection.execute(
        sql.SQL("create index if not exists {} on {} ({}, _batch_id desc)").format(
            sql.Identifier(f"{name}__key"), relation(system, table.name), _names(table.key)
        )
    )
    # Batches only grow, so a few pages say where each stands; a root's rows are asked for by the build of what changed.
    connection.execute(
        sql.SQL("create index if not exists {} on {} using brin (_batch_id)").format(
            sql.Identifier(f"{name}__batch"), relation(system, table.name)
        )
    )
    for root in table.roots:
        if table.key != (root.column,):
            connection.execute(
                sql.SQL("create index if not exists {} on {} ({})").format(
                    sql.Identifier(f"{name}__{root.kind}"), relation(system, table.name), sql.Identifier(root.column)
                )
            )


def create_stage(connection: Connection, columns: Columns) -> None:
    """An empty temporary `stage` with the source's columns, gone at the end of the transaction."""
    declared = [sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns.items()]
    connection.execute("drop table if exists pg_temp.stage")
    connection.execute(sql.SQL("create temporary table stage ({}) on commit drop").format(sql.SQL(", ").join(declared)))


def landed(
    connection: Connection, system: str, table: str, as_of_date: date, since: datetime | None = None
) -> BatchSummary | None:
    """The batch of that date if it stands already; a blocked one does not count, it may be read again.

    Args:
        since: the date is to be read again: one that landed before does not count either.
    """
    row = connection.execute(
        "select batch_id, rows_read, rows_new, rows_changed, rows_unchanged, rows_duplicate, rows_unreadable,"
        " rows_deleted, state, landed_at from ops.batch where source_system = %s and source_table = %s"
        " and as_of_date = %s order by attempt desc limit 1",
        (system, table, as_of_date),
    ).fetchone()
    if row is None or row[8] == "blocked" or (since is not None and row[9] < since):
        return None
    counts = {name: int(count) for name, count in zip(COUNTS, row[1:8], strict=True)}
    return BatchSummary(int(row[0]), system, table, landed_now=False, **counts)


def last_day(connection: Connection, system: str) -> date | None:
    """The last date for which something of a system has landed and was not blocked."""
    row = connection.execute(
        "select max(as_of_date) from ops.batch where source_system = %s and state <> 'blocked'", (system,)
    ).fetchone()
    return row[0] if row else None


def lock(connection: Connection, system: str) -> None:
    """Let one transaction at a time land rows of a system; the lock lives and dies with the writes."""
    connection.execute("select pg_advisory_xact_lock(hashtext(%s))", (f"landing.{system}",))


def _names(columns: Iterable[str], prefix: str = "") -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL(prefix + ".{}").format(sql.Identifier(c)) if prefix else sql.Identifier(c) for c in columns
    )


def _same_key(table: Table) -> sql.Composed:
    return sql.SQL(" and ").join(sql.SQL("s.{0} = h.{0}").format(sql.Identifier(column)) for column in table.key)


def _compare(connection: Connection, system: str, table: Table, columns: Columns) -> tuple[int, int, int, int]:
    """Split the stage against the last versions seen: (new, changed, unchanged, deleted). Takes note of moves."""
    where = {
        "landing": relation(system, table.name),
        "key": _names(table.key),
        "kept": _names(dict.fromkeys([*table.key, *([owner] if (owner := owners.owner_of(table)) else [])])),
        "match": _same_key(table),
        "moved": owners.has_moved(table),
    }
    connection.execute("drop table if exists pg_temp.head, pg_temp.incoming")
    connection.execute(
        sql.SQL(
            "create temporary table head on commit drop as select distinct on ({key}) {kept},"
            " _row_hash, _is_deleted from {landing} order by {key}, _batch_id desc, _version_id desc"
        ).format(**where)
    )
    connection.execute(
        sql.SQL(
            "create temporary table incoming on commit drop as select s.*, md5(row({columns})::text)::uuid"
            " as _row_hash from stage s"
        ).format(columns=_names(list(columns), "s"))
    )
    connection.execute("analyze head")
    connection.execute("analyze incoming")
    row = connection.execute(
        sql.SQL(
            "select count(*) filter (where h._row_hash is null or h._is_deleted),"
            " count(*) filter (where not h._is_deleted and h._row_hash <> s._row_hash),"
            " count(*) filter (where not h._is_deleted and h._row_hash = s._row_hash), count(*) filter (where {moved})"
            " from incoming s left join head h on {match}"
        ).format(**where)
    ).fetchone()
    gone = connection.execute(
        sql.SQL(
            "select count(*) from head h where not h._is_deleted and not exists (select from incoming s where {match})"
        ).format(**where)
    ).fetchone()
    assert row is not None and gone is not None  # noqa: S101 — aggregates always give a row
    if row[3]:
        owners.note_moves(connection, system, table)
    return int(row[0]), int(row[1]), int(row[2]), int(gone[0])


def laid_by(table: Table) -> list[str]:
    """Columns in whose order new rows are written: those of one policy or party together, as they are read."""
    whose = [root.column for root in table.roots[:1]]
    return [*whose, *(column for column in table.key if column not in whose)]


def _insert_versions(connection: Connection, system: str, table: Table, columns: Columns, batch_id: int) -> None:
    """Insert new and changed rows, and a version of its own for each deletion."""
    parts = {
        "landing": relation(system, table.name),
        "columns": _names(list(columns)),
        "incoming": _names(list(columns), "s"),
        "last": _names(list(columns), "l"),
        "key": _names(table.key),
        "match": _same_key(table),
        "order": _names(laid_by(table), "s"),
        "gone_order": _names(table.key, "l"),
        "batch": sql.Literal(batch_id),
        "last_key": sql.SQL(" and ").join(
            sql.SQL("l.{0} = h.{0}").format(sql.Identifier(column)) for column in table.key
        ),
    }
    connection.execute(
        sql.SQL(
            "insert into {landing} ({columns}, _batch_id, _row_hash)"
            " select {incoming}, {batch}, s._row_hash from incoming s left join head h on {match}"
            " where h._row_hash is null or h._is_deleted or h._row_hash <> s._row_hash order by {order}"
        ).format(**parts)
    )
    connection.execute(
        sql.SQL(
            "insert into {landing} ({columns}, _batch_id, _row_hash, _is_deleted)"
            " select distinct on ({gone_order}) {last}, {batch}, l._row_hash, true"
            " from head h join {landing} l on {last_key}"
            " where not h._is_deleted and not exists (select from incoming s where {match})"
            " order by {gone_order}, l._batch_id desc, l._version_id desc"
        ).format(**parts)
    )


def land(
    connection: Connection, system: str, table: Table, as_of_date: date, columns: Columns, reading: Reading
) -> BatchSummary:
    """Turn the filled `stage` into a batch. The caller's transaction holds the lock and commits.

    Args:
        columns: the landed columns and their types, in the stage's order.
        reading: what the reader counted; `rows_read` includes duplicates and unreadable rows.

    Raises:
        psycopg.errors.CheckViolation: the law of conservation would not hold; nothing is landed.
    """
    ensure_table(connection, system, table, columns)
    new, changed, unchanged, deleted = _compare(connection, system, table, columns)
    row = connection.execute(
        "insert into ops.batch (source_system, source_table, as_of_date, attempt, snapshot_at, file_name,"
        " content_sha256, rows_read, rows_new, rows_changed, rows_unchanged, rows_duplicate, rows_unreadable,"
        " rows_deleted) select %(system)s, %(table)s, %(day)s, coalesce(max(attempt), 0) + 1, %(at)s,"
        " %(file)s, %(sha)s, %(read)s, %(new)s, %(changed)s, %(unchanged)s, %(duplicate)s, %(unreadable)s,"
        " %(deleted)s from ops.batch where source_system = %(system)s and source_table = %(table)s"
        " and as_of_date = %(day)s returning batch_id",
        {
            "system": system,
            "table": table.name,
            "day": as_of_date,
            "at": reading.snapshot_at,
            "file": reading.file_name,
            "sha": reading.content_sha256,
            "read": reading.rows_read,
            "new": new,
            "changed": changed,
            "unchanged": unchanged,
            "duplicate": reading.rows_duplicate,
            "unreadable": len(reading.unreadable),
            "deleted": deleted,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    batch_id = int(row[0])
    _insert_versions(connection, system, table, columns, batch_id)
    owners.take_statistics_when_grown(connection, system, relation(system, table.name), table)
    _record(connection, batch_id, reading)
    _tell_of_repeated(system, table, reading)
    log.info(
        "%s.%s: %s read, %s new, %s changed, %s gone",
        system,
        table.name,
        reading.rows_read,
        new,
        changed,
        deleted,
    )
    return BatchSummary(
        *(batch_id, system, table.name, reading.rows_read, new, changed, unchanged),
        *(reading.rows_duplicate, len(reading.unreadable), deleted),
        landed_now=True,
    )


def _tell_of_repeated(system: str, table: Table, reading: Reading) -> None:
    conflicts = sum(reason.startswith(repeated.CONFLICT) for _, _, reason, _ in reading.unreadable)
    if reading.rows_duplicate or conflicts:
        log.warning(
            "%s.%s: %s rows stand there once more, and %s say something else under the key (%s) of another row",
            *(system, table.name, reading.rows_duplicate, conflicts, ", ".join(table.key)),
        )


def _record(connection: Connection, batch_id: int, reading: Reading) -> None:
    """The source's own totals, and the rows that could not be read."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.control_total (batch_id, measure, year, value, unreadable) values (%s, %s, %s, %s, %s)",
            [(batch_id, *total) for total in reading.totals],
        )
        cursor.executemany(
            "insert into quarantine.unreadable_row (batch_id, line_number, column_name, reason, payload)"
            " values (%s, %s, %s, %s, %s)",
            [(batch_id, *row) for row in reading.unreadable],
        )
