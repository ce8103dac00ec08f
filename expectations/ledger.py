"""What the ledger says of the batches that no gate has passed yet, and what the gate writes back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import sql

from customer_knowledge.errors import GateClosed
from customer_knowledge.profile import Connector, Table
from customer_knowledge.warehouse.connections import Connection
from expectations.suite import Asset
from expectations.suites.ledger import ASSET


@dataclass(frozen=True)
class Open:
    """A table's batches after the last passed one, up to the one the gate is held over (`batch_id`)."""

    system: str
    table: Table
    batch_id: int
    passed_id: int
    batch_ids: tuple[int, ...]
    state: str

    @property
    def landing(self) -> sql.Identifier:
        """The landing table."""
        return sql.Identifier("landing", f"{self.system}__{self.table.name}")

    @property
    def key(self) -> sql.Composed:
        """The key columns, separated by commas."""
        return sql.SQL(", ").join(map(sql.Identifier, self.table.key))

    def newest(self) -> sql.Composed:
        """A select of the newest version of each key among the open batches, deletions included."""
        batches = sql.Literal(list(self.batch_ids))
        rows = sql.SQL("select * from {} where _batch_id = any({}::bigint[])").format(self.landing, batches)
        if len(self.batch_ids) == 1:  # a batch holds a key once
            return rows
        return sql.SQL("select distinct on ({key}) * from ({rows}) as open order by {key}, _batch_id desc").format(
            key=self.key, rows=rows
        )

    def candidates(self) -> sql.Composed:
        """A select of the versions to be judged: the newest of their keys, deletions apart."""
        return sql.SQL("select * from ({}) as newest where not _is_deleted").format(self.newest())


def open_batches(conn: Connection, connector: Connector, as_of_date: date) -> list[Open]:
    """The open batches of each table of a system, in the profile's order.

    Raises:
        GateClosed: a table has no batch of that date.
    """
    found, missing = [], []
    for table in connector.tables:
        row = conn.execute(
            "with this as (select batch_id, state from ops.batch where source_system = %(system)s"
            "  and source_table = %(table)s and as_of_date = %(day)s order by attempt desc limit 1),"
            " passed as (select coalesce(max(b.batch_id), 0) as batch_id from ops.batch as b, this"
            "  where b.source_system = %(system)s and b.source_table = %(table)s and b.state = 'passed'"
            "  and b.batch_id < this.batch_id)"
            " select this.batch_id, passed.batch_id, this.state, (select array_agg(b.batch_id order by 1)"
            "  from ops.batch as b where b.source_system = %(system)s and b.source_table = %(table)s"
            "  and b.batch_id > passed.batch_id and b.batch_id <= this.batch_id) from this, passed",
            {"system": connector.system, "table": table.name, "day": as_of_date},
        ).fetchone()
        if row is None:
            missing.append(table.name)
        else:
            found.append(Open(connector.system, table, row[0], row[1], tuple(row[3]), row[2]))
    if missing:
        raise GateClosed(
            f"nothing has landed from {connector.system} for {as_of_date}: {', '.join(missing)}",
            hint="run the extract of that date first; a gate does not pass on nothing",
        )
    return found


def figures(conn: Connection, batches: list[Open], judged: dict[str, int]) -> Asset:
    """The asset of the ledger rules: a row a table, of counts only.

    Args:
        conn: a connection, after the rejections were written.
        batches: the open batches.
        judged: rows judged, by table.
    """
    rows = [
        sql.SQL("({})").format(
            sql.SQL(", ").join([sql.SQL("{}::text").format(sql.Literal(b.table.name)), *_figures(conn, b, judged)])
        )
        for b in batches
    ]
    return Asset(
        name=ASSET,
        query=sql.SQL(
            "select * from (values {}) as t (source_table, rows_judged, minimum_rows, rows_read, rows_before,"
            " rows_refused, versions_counted, versions_landed, rows_gone, rows_repeated)"
        ).format(sql.SQL(", ").join(rows)),
        key=("source_table",),
        minimum_rows=len(batches),
        public_key=True,
    )


def _figures(conn: Connection, batch: Open, judged: dict[str, int]) -> list[sql.Composable]:
    row = conn.execute(
        sql.SQL(
            "select b.rows_read,"
            " coalesce((select p.rows_read - p.rows_duplicate - p.rows_unreadable from ops.batch as p"
            "  where p.batch_id = %(passed)s), 0),"
            " b.rows_unreadable + (select count(distinct r.version_id) from ops.rejected_version as r"
            "  where r.batch_id = any(%(open)s) and r.rule_id <> 'superseded'),"
            " (select sum(o.rows_new + o.rows_changed)::bigint from ops.batch as o"
            "  where o.batch_id = any(%(open)s)),"
            " (select count(*) from {landing} where _batch_id = any(%(open)s) and not _is_deleted),"
            " (select count(*) from ({newest}) as gone where _is_deleted and exists ("
            "  select from {landing} as old where {same_key} and old._batch_id <= %(passed)s)),"
            " b.rows_duplicate + (select count(*) from quarantine.unreadable_row as u"
            "  where u.batch_id = b.batch_id and u.reason like %(conflict)s)"
            " from ops.batch as b where b.batch_id = %(batch)s"
        ).format(
            landing=batch.landing,
            newest=batch.newest(),
            same_key=sql.SQL(" and ").join(
                sql.SQL("old.{0} = gone.{0}").format(sql.Identifier(column)) for column in batch.table.key
            ),
        ),
        {
            "passed": batch.passed_id,
            "open": list(batch.batch_ids),
            "batch": batch.batch_id,
            "conflict": "conflicting_duplicate%",
        },
    ).fetchone()
    assert row is not None  # noqa: S101 — the batch was just read
    counts = (judged.get(batch.table.name, 0), batch.table.minimum_rows, *row)
    return [sql.SQL("{}::bigint").format(sql.Literal(count)) for count in counts]


def close_batches(conn: Connection, batch: Open, state: str) -> None:
    """Write what was accepted and rejected into every open batch, and the gate's verdict into today's.

    A batch whose landed versions are not those it counted keeps empty counts: `ledger_agrees` stopped it.
    """
    conn.execute(
        sql.SQL(
            "update ops.batch as b set rows_rejected = t.rejected, rows_accepted = t.landed - t.rejected"
            " from (select o.batch_id,"
            "  (select count(*) from {landing} as v"
            "   where v._batch_id = o.batch_id and not v._is_deleted) as landed,"
            "  (select count(distinct r.version_id) from ops.rejected_version as r"
            "   where r.batch_id = o.batch_id) as rejected"
            "  from ops.batch as o where o.batch_id = any(%(open)s)) as t"
            " where b.batch_id = t.batch_id and t.landed = b.rows_new + b.rows_changed"
        ).format(landing=batch.landing),
        {"open": list(batch.batch_ids)},
    )
    conn.execute(
        "update ops.batch as b set state = %(state)s, rows_released = ("
        "  select count(distinct r.version_id) from ops.rejected_version as r"
        "  where r.released_batch_id = b.batch_id and not exists (select from ops.rejected_version as other"
        "   where (other.source_system, other.source_table, other.version_id)"
        "    = (r.source_system, r.source_table, r.version_id) and other.released_batch_id is null))"
        " where b.batch_id = %(batch)s",
        {"state": state, "batch": batch.batch_id},
    )
