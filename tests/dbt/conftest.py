"""One warehouse an insurer for all tests here: landing filled by hand, built once for each edition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.warehouse import dbt
from customer_knowledge.warehouse.connections import connect
from tests.conftest import clone
from tests.dbt.landing import Landing, create_landing

LAYERS = "resource_type:seed staging input_layer intermediate core"
Query = Callable[..., list[tuple[Any, ...]]]


def open_landing(profile: Profile) -> Iterator[Landing]:
    """A landing of its own for an insurer, tables made."""
    with connect(profile.database) as connection:
        create_landing(connection, profile)
        yield Landing(connection, profile)


@pytest.fixture(scope="module")
def sample_landing(template: Profile) -> Iterator[Landing]:
    """The sample insurer's landing, empty."""
    yield from open_landing(clone(template, load("sample")))


@pytest.fixture(scope="module")
def motor_landing(template: Profile) -> Iterator[Landing]:
    """The motor portfolio's landing, empty."""
    yield from open_landing(clone(template, load("motor_portfolio")))


def build(landing: Landing, as_of_date: date, select: str = LAYERS, exclude: str = "") -> dbt.DbtResult:
    """Open an edition of everything landed and build it.

    Unit tests and warnings are part of it; a failing one raises.
    """
    edition_id = landing.edition(as_of_date)
    return dbt.run(
        "build",
        landing.profile,
        edition_id=edition_id,
        as_of_date=as_of_date,
        select=select,
        exclude=exclude,
        target_name=f"{landing.profile.insurer}_{edition_id}",
        full_refresh=True,
    )


def rows(landing: Landing, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a query finds in the built warehouse."""
    found = landing.connection.execute(query.encode(), parameters or None).fetchall()
    landing.connection.commit()
    return found
