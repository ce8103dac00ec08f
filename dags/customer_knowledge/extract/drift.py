"""Schema drift: a column more is noticed, a column less or of another type stops the day before any write."""

from __future__ import annotations

import logging
from datetime import date

from customer_knowledge.errors import SourceError
from customer_knowledge.extract.landing import Columns
from customer_knowledge.profile import Table
from customer_knowledge.warehouse.connections import Connection

log = logging.getLogger(__name__)
Change = tuple[str, str | None, str]


def changes(table: Table, landed: Columns, source: Columns) -> list[Change]:
    """How a source table differs from what landing keeps: (change, column, detail)."""
    if not source:
        return [("table_missing", None, "the source has no such table")]
    found: list[Change] = [
        ("key_lost", column, "a declared key column is gone") for column in table.key if column not in source
    ]
    if not landed:
        return found
    for column, kind in landed.items():
        if column not in source:
            found.append(("removed", column, f"was {kind}"))
        elif source[column] != kind:
            found.append(("retyped", column, f"was {kind}, is {source[column]}"))
    found += [("added", column, f"is {kind}") for column, kind in source.items() if column not in landed]
    return found


def check(
    connection: Connection, system: str, table: Table, as_of_date: date, landed: Columns, source: Columns
) -> Columns:
    """Record drift and give the columns to read, in landing's order.

    Raises:
        SourceError: the table or a column is gone or has another type; the events are recorded, nothing else.
    """
    found = changes(table, landed, source)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.schema_event (source_system, source_table, as_of_date, change, column_name,"
            " detail) select %s, %s, %s, %s, %s, %s where not exists (select from ops.schema_event"
            " where source_system = %s and source_table = %s and change = %s and detail = %s"
            " and column_name is not distinct from %s)",
            [
                (
                    system,
                    table.name,
                    as_of_date,
                    change,
                    column,
                    detail,
                    system,
                    table.name,
                    change,
                    detail,
                    column,
                )
                for change, column, detail in found
            ],
        )
    connection.commit()
    breaking = [f"{column or table.name}: {change} ({detail})" for change, column, detail in found if change != "added"]
    if breaking:
        raise SourceError(
            f"{system}.{table.name} changed shape: {'; '.join(breaking)}",
            hint="adapt the profile and the staging model, or have the source put back; see ops.schema_event",
        )
    for change, column, _ in found:
        log.warning("%s.%s: column %s %s; it is ignored", system, table.name, column, change)
    return landed or source
