"""A small sample insurer, made once, and what its sources held on its first four business days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.sample_insurer import advance, insurer, simulate, truth
from customer_knowledge.sample_insurer.changes import KEYS
from customer_knowledge.sample_insurer.insurer import Insurer
from customer_knowledge.warehouse.connections import SIMULATOR, connect
from customer_knowledge.warehouse.server import Server

CUSTOMERS, SEED, FIRST_DAY = 300, 7, date(2026, 6, 30)
Frames = dict[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True)
class Day:
    """Both sources as they stand on a business day, and what a gate should set apart."""

    day: date
    tables: Frames
    expected: set[truth.Rejection]
    warned: set[truth.Rejection]

    def __getitem__(self, table: str) -> pd.DataFrame:
        """A table by its name; no name stands in both sources."""
        return next(frame for (_, name), frame in self.tables.items() if name == table)


def read(database: str, query: str) -> pd.DataFrame:
    with connect(database, SIMULATOR) as connection:
        cursor = connection.execute(query)
        names = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)


def look(profile: Profile, day: date) -> Day:
    tables = {place: read(place[0], f"select * from {place[1]}").set_index(key) for place, key in KEYS.items()}
    return Day(day, tables, truth.expected_rejections(profile, day), truth.planted(day, "warn"))


@pytest.fixture(scope="session")
def small() -> Insurer:
    """The insurer as simulated, no database near."""
    return insurer.build(CUSTOMERS, SEED, FIRST_DAY)


@pytest.fixture(scope="module")
def days(postgres: Server) -> list[Day]:
    """The first business day and the three after it."""
    profile = load("sample")
    simulate.create(CUSTOMERS, SEED, FIRST_DAY)
    seen = [look(profile, FIRST_DAY)]
    for _ in range(3):
        seen.append(look(profile, advance.advance_day(SEED)))
    return seen
