"""What tests may ask: the dirt in force on a day and everything that a gate should set apart because of it."""

from __future__ import annotations

from datetime import date

from psycopg import sql

from customer_knowledge.profile import Profile, Table
from customer_knowledge.sample_insurer.simulate import TRUTH
from customer_knowledge.warehouse.connections import SIMULATOR, Connection, connect

Rejection = tuple[str, str, str, str]
"""Source system, table, key as text, rule id."""
_IN_FORCE = """
    select source_system, source_table, row_key, rule_id, arrived_clean from truth.dirt
    where severity = %s and planted_on <= %s and coalesce(fixed_on, 'infinity') > %s
"""


def planted(day: date, severity: str = "quarantine") -> set[Rejection]:
    """The planted dirt of a severity (quarantine or warn) that is in the sources on a day.

    Raises:
        ServerError: the database of truth cannot be reached.
    """
    return {row[:4] for row in _in_force(day, severity)}


def expected_rejections(profile: Profile, day: date) -> set[Rejection]:
    """What a gate that read the sources every day must have in quarantine: planted dirt and the orphans it makes.

    A row whose first version was dirty has no accepted version, so the children that the profile declares are orphans,
    and theirs too. A row that an update spoilt keeps its accepted version, and its children theirs.

    Args:
        profile: declares which column refers to which parent.
        day: the sources' business day.
    """
    rejected = _in_force(day, "quarantine")
    expected = {row[:4] for row in rejected}
    for connector in profile.connectors:
        with connect(connector.system, SIMULATOR) as source:
            absent: dict[str, set[str]] = {}
            for system, table, key, _, arrived_clean in rejected:
                if system == connector.system and not arrived_clean:
                    absent.setdefault(table, set()).add(key)
            for child in connector.tables:
                for key in _orphans(source, child, absent) - absent.get(child.name, set()):
                    absent.setdefault(child.name, set()).add(key)
                    expected.add((connector.system, child.name, key, "orphan"))
    return expected


def _in_force(day: date, severity: str) -> list[tuple[str, str, str, str, bool]]:
    with connect(TRUTH, SIMULATOR) as truth:
        return truth.execute(_IN_FORCE, (severity, day, day)).fetchall()


def _orphans(source: Connection, child: Table, absent: dict[str, set[str]]) -> set[str]:
    """Keys of a table's rows that refer to an absent parent."""
    found: set[str] = set()
    for column, parent in child.parents.items():
        if parent in absent:
            query = sql.SQL("select {}::text from {} where {}::text = any(%s)").format(
                sql.Identifier(child.key[0]), sql.Identifier(child.name), sql.Identifier(column)
            )
            found |= {row[0] for row in source.execute(query, (list(absent[parent]),))}
    return found
