"""A sample insurer many times over, copied within landing, so that a large warehouse is there in minutes."""

from __future__ import annotations

from datetime import date

from psycopg import sql

from customer_knowledge.extract.landing import business_columns, laid_by
from customer_knowledge.extract.owners import take_statistics
from customer_knowledge.profile import Profile, Table
from customer_knowledge.warehouse.connections import Connection

STEP = 1_000_000_000
"""Between the ids of one copy and the next."""
NAMES = ("policy_no", "id_number", "credit_code", "phone", "mobile", "address")


def _shifted(profile: Profile) -> set[str]:
    """Columns that hold an id of something copied."""
    ids = set(NAMES)
    for connector in profile.connectors:
        for table in connector.tables:
            if table.roots or table.name == "agent_note":
                ids |= {*table.key, *(root.column for root in table.roots), *table.parents}
    return ids - {"product_code", "campaign_id", "agent_id"}


def multiply(connection: Connection, profile: Profile, times: int) -> int:
    """Copy every policy's and party's landed rows so often that there are `times` as many; rows in all."""
    shifted, total = _shifted(profile), 0
    for connector in profile.connectors:
        for table in connector.tables:
            landed = sql.Identifier("landing", f"{connector.system}__{table.name}")
            if table.roots and times > 1:
                _copy(connection, connector.system, table, shifted, times)
            take_statistics(connection, landed, table)
            row = connection.execute(sql.SQL("select count(*) from {}").format(landed)).fetchone()
            total += int(row[0]) if row else 0
            connection.commit()
    return total


def _copy(connection: Connection, system: str, table: Table, shifted: set[str], times: int) -> None:
    landed = sql.Identifier("landing", f"{system}__{table.name}")
    columns = business_columns(connection, system, table.name)
    values = []
    for name, kind in columns.items():
        column = sql.SQL("o.{}").format(sql.Identifier(name))
        if name not in shifted:
            values.append(column)
        elif kind == "bigint":
            values.append(sql.SQL("{} + c.copy::bigint * {}").format(column, sql.Literal(STEP)))
        else:
            values.append(sql.SQL("{} || '~' || c.copy").format(column))
    connection.execute(
        sql.SQL(
            "insert into {landed} ({names}, _batch_id, _row_hash, _is_deleted)"
            " select {values}, o._batch_id, o._row_hash, o._is_deleted from {landed} as o"
            " cross join generate_series(1, {last}) as c (copy) order by {order}"
        ).format(
            landed=landed,
            names=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values),
            last=sql.Literal(times - 1),
            order=sql.SQL(", ").join(sql.Literal(list(columns).index(column) + 1) for column in laid_by(table)),
        )
    )


def change(connection: Connection, profile: Profile, day: date, one_in: int = 100, *, every_row: bool = False) -> int:
    """Another day's batches, in which one policy and one party in so many change (others every day); new versions.

    Each has a new version of its own row and of the newest row of each other table, or of every row; each says that it
    was recorded a day later than the version before did, which core shows as the day it was known.
    """
    changed = 0
    for connector in profile.connectors:
        for table in connector.tables:
            row = connection.execute(
                "insert into ops.batch (source_system, source_table, as_of_date, state, snapshot_at, rows_read,"
                " rows_new, rows_changed, rows_unchanged, rows_deleted, rows_accepted, rows_rejected)"
                " values (%s, %s, %s, 'passed', %s, 0, 0, 0, 0, 0, 0, 0) returning batch_id",
                (connector.system, table.name, day, day),
            ).fetchone()
            assert row is not None
            if not table.roots or table.roots[0].through:
                continue
            columns = list(business_columns(connection, connector.system, table.name))
            values = [
                sql.SQL("recorded_on + 1" if name == "recorded_on" else "{}").format(sql.Identifier(name))
                for name in columns
            ]
            done = connection.execute(
                sql.SQL(
                    "insert into {landed} ({names}, _batch_id, _row_hash)"
                    " select {distinct} {values}, {batch}, _row_hash"
                    " from {landed} where mod(abs(hashtext({root}::text)), {one_in}) = {turn} and not _is_deleted"
                    " and _batch_id = (select min(_batch_id) from {landed}) {order}"
                ).format(
                    landed=sql.Identifier("landing", f"{connector.system}__{table.name}"),
                    names=sql.SQL(", ").join(map(sql.Identifier, columns)),
                    distinct=sql.SQL("" if every_row else "distinct on ({})").format(
                        sql.Identifier(table.roots[0].column)
                    ),
                    values=sql.SQL(", ").join(values),
                    batch=sql.Literal(row[0]),
                    root=sql.Identifier(table.roots[0].column),
                    one_in=sql.Literal(one_in),
                    turn=sql.Literal(day.toordinal() % one_in),
                    order=sql.SQL("" if every_row else "order by {}, {} desc").format(
                        sql.Identifier(table.roots[0].column), sql.Identifier("recorded_on")
                    ),
                )
            )
            changed += done.rowcount
    connection.commit()
    return changed
