"""What core holds and how it came to be, for tests that compare a build of changes with a whole one."""

from __future__ import annotations

from typing import Any

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import core_state
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.content_hash import table_hash

# What a build is told, not what it makes.
_MADE = (
    "select schemaname, tablename from pg_tables where schemaname in ('input_layer', 'intermediate', 'core')"
    " and tablename !~ '__(changed|moved)' order by 1, 2"
)


def digests(profile: Profile) -> dict[str, str]:
    """A digest of each table's rows."""
    with warehouse(profile) as connection:
        tables = connection.execute(_MADE).fetchall()
        return {f"{schema}.{table}": table_hash(connection, schema, table) for schema, table in tables}


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    """Tables that hold other rows in one than in the other, or stand in one alone."""
    return {table for table in one.keys() | other.keys() if one.get(table) != other.get(table)}


def count(profile: Profile, query: str, *parameters: Any) -> int:
    """The one number that a query of the warehouse gives."""
    with warehouse(profile) as connection:
        row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return int(row[0])


def state(profile: Profile) -> core_state.State:
    """What the tables hold; there is something."""
    with warehouse(profile) as connection:
        found = core_state.read(connection)
    assert found is not None
    return found


def forget(profile: Profile) -> None:
    """Have the next build make everything anew."""
    with warehouse(profile) as connection:
        core_state.forget(connection)
