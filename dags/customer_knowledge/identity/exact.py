"""What needs no probability: the same number, or the same phone, name and birth date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

# Rules in the order in which they are believed: (rule, kind, columns that must be alike and present).
RULES = (
    ("id_number", "person", ("number",)),
    ("credit_code", "enterprise", ("number",)),
    # Passports and numbers with a wrong check character prove something only together with the name.
    ("id_number", "person", ("document", "sounds")),
    ("credit_code", "enterprise", ("document", "core")),
    ("phone_name_birth", "person", ("phone", "name", "birth")),
)


class Link(NamedTuple):
    """Two parties, by position, that a rule says are one; probability 1 for exact rules."""

    left: int
    right: int
    rule: str
    probability: float
    weight: float = 0.0


def links(table: pd.DataFrame) -> Iterator[Link]:
    """Links of the exact rules, each party to the first of its group, strongest rule first."""
    for rule, kind, columns in RULES:
        mine = table.loc[table["kind"] == kind, list(columns)].dropna()
        place = pd.Series(mine.index, index=mine.index)
        first = place.groupby([mine[column] for column in columns], sort=False).transform("first")
        for left, right in zip(first[first != place], place[first != place], strict=True):
            yield Link(int(left), int(right), rule, 1.0)
