"""Fills a warehouse's landing by hand, as extract and gates would: versions, batches, rejections, editions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from customer_knowledge import sample_insurer
from customer_knowledge.profile import Connector, Profile
from customer_knowledge.warehouse.connections import Connection

Row = dict[str, Any]
SCHEMA_DIR = Path(sample_insurer.__file__).parent / "schema"


def create_landing(connection: Connection, profile: Profile) -> None:
    """Make the landing tables of all of an insurer's connectors, empty."""
    for connector in profile.connectors:
        if connector.kind == "postgres":
            _like_the_source(connection, connector)
        else:
            _as_declared(connection, connector)


def _like_the_source(connection: Connection, connector: Connector) -> None:
    with connection.transaction():
        connection.execute("create schema source_shape")
        connection.execute("set local search_path to source_shape")
        connection.execute((SCHEMA_DIR / f"{connector.system}.sql").read_bytes())
        for table in connector.tables:
            columns = sql.SQL("like source_shape.{}").format(sql.Identifier(table.name))
            _create(connection, connector.system, table.name, columns)
        connection.execute("drop schema source_shape cascade")


def _as_declared(connection: Connection, connector: Connector) -> None:
    for table in connector.tables:
        assert table.file is not None
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(c.as_), sql.SQL(c.type)) for c in table.file.columns
        )
        _create(connection, connector.system, table.name, columns)


def _create(connection: Connection, system: str, table: str, columns: sql.Composable) -> None:
    connection.execute(
        sql.SQL(
            "create table landing.{} ({}, _version_id bigint generated always as identity,"
            " _batch_id bigint not null, _row_hash uuid, _is_deleted boolean not null default false)"
        ).format(sql.Identifier(f"{system}__{table}"), columns)
    )


@dataclass
class Landing:
    """One insurer's landing; every method is one thing that extract or a gate would do."""

    connection: Connection
    profile: Profile

    def batch(self, system: str, table: str, as_of_date: date, rows: int = 0) -> int:
        """A passed batch of a table; returns its id."""
        row = self.connection.execute(
            "insert into ops.batch (source_system, source_table, as_of_date, attempt, state, snapshot_at, rows_read,"
            " rows_new, rows_changed, rows_unchanged, rows_deleted, rows_accepted, rows_rejected)"
            " select %(s)s, %(t)s, %(d)s, count(*) + 1, 'passed', %(d)s, %(n)s, %(n)s, 0, 0, 0, %(n)s, 0"
            " from ops.batch where source_system = %(s)s and source_table = %(t)s and as_of_date = %(d)s"
            " returning batch_id",
            {"s": system, "t": table, "d": as_of_date, "n": rows},
        ).fetchone()
        assert row is not None
        return int(row[0])

    def land(
        self, system: str, table: str, as_of_date: date, rows: Iterable[Row], *, deleted: bool = False
    ) -> list[int]:
        """Land versions in a batch of their own; returns their version ids in the order given."""
        rows = list(rows)
        name = sql.Identifier(f"{system}__{table}")
        batch = self.batch(system, table, as_of_date, len(rows))
        columns = sql.SQL(", ").join(sql.Identifier(c) for c in (rows[0] if rows else {"_is_deleted": None}))
        found = self.connection.execute(
            sql.SQL(
                "insert into landing.{0} ({1}, _batch_id, _is_deleted)"
                " select {1}, %s, %s from jsonb_populate_recordset(null::landing.{0}, %s) returning _version_id"
            ).format(name, columns),
            (batch, deleted, Jsonb(rows)),
        )
        return [int(r[0]) for r in found.fetchall()]

    def total(self, system: str, table: str, measure: str, year: int | None, value: Any) -> None:
        """A control total of a table's newest batch."""
        self.connection.execute(
            "insert into ops.control_total (batch_id, measure, year, value) select max(batch_id), %s, %s, %s"
            " from ops.batch where source_system = %s and source_table = %s",
            (measure, year, value, system, table),
        )

    def reject(self, system: str, table: str, versions: Sequence[int], rule: str = "a_rule") -> None:
        """Turn versions away, as the gate of the table's newest batch."""
        for version in versions:
            self.connection.execute(
                "insert into ops.rejected_version (source_system, source_table, version_id, rule_id, batch_id)"
                " select %s, %s, %s, %s, max(batch_id) from ops.batch where source_system = %s and source_table = %s",
                (system, table, version, rule, system, table),
            )

    def release(self, system: str, table: str, versions: Sequence[int], batch: int) -> None:
        """Let versions back in, as the gate of that batch."""
        self.connection.execute(
            "update ops.rejected_version set released_batch_id = %s"
            " where source_system = %s and source_table = %s and version_id = any(%s)",
            (batch, system, table, list(versions)),
        )

    def edition(self, as_of_date: date) -> int:
        """An edition made of every batch landed so far; returns its id."""
        row = self.connection.execute(
            "insert into ops.edition (as_of_date, attempt, state, code_version)"
            " select %(d)s, count(*) + 1, 'building', 'test' from ops.edition where as_of_date = %(d)s"
            " returning edition_id",
            {"d": as_of_date},
        ).fetchone()
        assert row is not None
        self.connection.execute(
            "insert into ops.edition_batch (edition_id, batch_id) select %s, batch_id from ops.batch"
            " where as_of_date <= %s",
            (row[0], as_of_date),
        )
        self.connection.commit()
        return int(row[0])
