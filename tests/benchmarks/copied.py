"""Rows of features under other keys, so that models meet many customers in minutes."""

from __future__ import annotations

from psycopg import sql

from customer_knowledge.warehouse.connections import Connection

KEYS = ("customer_key", "policy_key", "unit_key")


def copy_rows(
    connection: Connection, place: tuple[str, str], first: int, last: int, condition: str | None = None
) -> None:
    """Add copies `first` to `last` of the rows of a table (schema, name) that are no copies themselves."""
    table = sql.Identifier(*place)
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name::text from information_schema.columns where (table_schema, table_name) = (%s, %s)"
            " order by ordinal_position",
            place,
        )
    ]
    own = next(key for key in KEYS if key in columns)
    values = [
        sql.SQL("o.{} || '~' || c.copy" if column in KEYS else "o.{}").format(sql.Identifier(column))
        for column in columns
    ]
    connection.execute(
        sql.SQL(
            "insert into {table} select {values} from {table} as o"
            " cross join generate_series({first}, {last}) as c (copy)"
            " where position('~' in o.{own}) = 0 and {condition}"
        ).format(
            table=table,
            values=sql.SQL(", ").join(values),
            first=sql.Literal(first),
            last=sql.Literal(last),
            own=sql.Identifier(own),
            condition=sql.SQL("true" if condition is None else f"o.{condition}"),  # type: ignore[arg-type]
        )
    )
    connection.execute(sql.SQL("analyze {}").format(table))
