"""Parties of a made insurer in a real warehouse, and who they really are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.sample_insurer import changes, insurer
from customer_knowledge.sample_insurer.columns import Columns, take
from customer_knowledge.warehouse import dbt
from customer_knowledge.warehouse.connections import connect
from tests.conftest import clone
from tests.dbt.landing import Landing, create_landing

CUSTOMERS, SEED, DAY = 2500, 7, date(2026, 6, 30)
PARTIES = "stg_policy_admin__parties stg_crm__parties input__parties"
COLUMNS = {
    "party": "party_id party_type name id_type id_number credit_code birth_date sex phone city address",
    "contact": "contact_id contact_type name id_number credit_code birth_date mobile city is_app_user",
}


@dataclass(frozen=True)
class World:
    """A warehouse whose input layer has the parties, and the truth: person by source system and id."""

    landing: Landing
    edition_id: int
    truth: dict[tuple[str, str], int]

    @property
    def profile(self) -> Profile:
        """The insurer's profile."""
        return self.landing.profile

    def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        found = self.landing.connection.execute(query.encode(), parameters or None).fetchall()
        self.landing.connection.commit()
        return found


def open_landing(profile: Profile) -> Iterator[Landing]:
    """An insurer's landing, tables made and empty."""
    with connect(profile.database) as connection:
        create_landing(connection, profile)
        yield Landing(connection, profile)


def as_rows(table: Columns, columns: str) -> list[dict[str, Any]]:
    """Rows as they land, with the day they were recorded."""
    names = [*columns.split(), "recorded_on", "updated_at"]
    values = zip(*(changes.text(np.asarray(table[name])) for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in values]


def build_whole(landing: Landing, edition_id: int, day: date, select: str) -> None:
    """Build models anew for an edition."""
    name = f"{select.split()[-1]}_{edition_id}"
    dbt.run(
        "run",
        landing.profile,
        edition_id=edition_id,
        as_of_date=day,
        select=select,
        target_name=name,
        full_refresh=True,
    )


def build_parties(landing: Landing, day: date) -> int:
    """Open an edition and build its parties; gives its id."""
    edition_id = landing.edition(day)
    build_whole(landing, edition_id, day, PARTIES)
    return edition_id


@pytest.fixture(scope="module")
def world(template: Profile) -> Iterator[World]:
    """The sample insurer's parties on its first day."""
    made = insurer.build(CUSTOMERS, SEED, DAY)
    tables = {place: dict(table) for place, table in made.tables.items()}
    changes.apply(tables, made.log, made.first_day)
    for landing in open_landing(clone(template, load("sample"))):
        for (system, name), table in tables.items():
            if name in COLUMNS:
                past = take(table, table["recorded_on"] <= made.first_day)
                landing.land(system, name, DAY, as_rows(past, COLUMNS[name]))
        who = made.truth["person_party"]
        keys = zip(who["source_system"], who["party_id"], strict=True)
        truth = dict(zip(keys, who["person_id"].tolist(), strict=True))
        yield World(landing, build_parties(landing, DAY), truth)
