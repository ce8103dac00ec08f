"""What needs no probability: the same number, or the same phone, name and birth date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from customer_knowledge.identity.hashing import combined

# Rules in the order in which they are believed: (rule, kind, columns that must be alike and present).
RULES = (
    ("id_number", "person", ("number",)),
    ("credit_code", "enterprise", ("number",)),
    # Passports and numbers with a wrong check character prove something only together with the name.
    ("id_number", "person", ("document", "sounds")),
    ("credit_code", "enterprise", ("document", "core")),
    ("phone_name_birth", "person", ("phone", "name", "birth")),
)


SHARED = {f"exact_{number}": columns for number, (_, _, columns) in enumerate(RULES)}


class Link(NamedTuple):
    """Two parties, by position, that a rule says are one; probability 1 for exact rules."""

    left: int
    right: int
    rule: str
    probability: float
    weight: float = 0.0


def links(table: pd.DataFrame) -> tuple[list[Link], list[Link]]:
    """Links of the exact rules, each party to the first of its group, strongest rule first.

    Returns:
        Links to follow; and links by a number whose two parties bear names that have nothing in common: somebody's
        number was written down for somebody else, or a name was changed. These are for a person to decide.
    """
    found: list[Link] = []
    odd: list[Link] = []
    name = table["sounds"].where(table["sounds"].notna(), table["core"]).tolist()
    for rule, kind, columns in RULES:
        mine = table.loc[table["kind"] == kind, list(columns)].dropna()
        candidates = list(_to_the_first(mine, rule))
        if columns != ("number",):
            found += candidates
            continue
        strange = [link for link in candidates if _strangers(name[link.left], name[link.right])]
        odd += strange
        found += set_apart(candidates, strange)
        if strange:
            # Who bears the same other name under the number is still one.
            again = mine.loc[[link.right for link in strange]].assign(name=table["name"])
            found += _to_the_first(again, rule)
    return found, odd


def shared(table: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """What each rule goes by, as numbers: parties that no chain of these connects are not joined by a rule."""
    found = combined(table, SHARED)
    kinds = dict(zip(SHARED, (kind for _, kind, _ in RULES), strict=True))
    return {name: key.where((table["kind"] == kinds[name]).astype(bool)) for name, key in found.items()}


def _to_the_first(mine: pd.DataFrame, rule: str) -> Iterator[Link]:
    """Links of each row to the first with the same values in all columns."""
    place = pd.Series(mine.index, index=mine.index)
    first = place.groupby([mine[column] for column in mine.columns], sort=False).transform("first")
    for left, right in zip(first[first != place], place[first != place], strict=True):
        yield Link(int(left), int(right), rule, 1.0)


def set_apart(links: list[Link], strange: list[Link]) -> list[Link]:
    """Links without the strange ones, in their order."""
    without = set(strange)
    return [link for link in links if link not in without]


def _strangers(one: str | None, other: str | None) -> bool:
    """Whether two names (as they sound; a company's core) share nothing; a missing name proves nothing."""
    if one is None or other is None or one == other:
        return False
    parts = [set(name.split(" ") if " " in name else name) for name in (one, other)]
    return parts[0].isdisjoint(parts[1])
