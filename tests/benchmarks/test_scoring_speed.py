"""Scoring of all four models at growing sizes: seconds, rows a second, peak memory; reasons apart.

Run by `make bench`; sizes by `CK_BENCH_SCORED` (comma-separated customers). Asserts results, never seconds.
"""

from __future__ import annotations

import os
import time
from datetime import date
from typing import Any

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse.connections import warehouse
from models_ml import lifecycle
from models_ml.churn.hazard import Hazard
from tests.benchmarks.copied import copy_rows
from tests.benchmarks.memory import watched
from tests.harness.day import build_to_features, land

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(0)]
DAY, SEED, MADE = date(2026, 6, 30), 3, 5_000
SIZES = [int(size) for size in os.environ.get("CK_BENCH_SCORED", "10000,100000").split(",")]
COPIED = {
    "features__policy_as_of": "is_current",
    "features__customer_as_of": "as_of_date = '2026-06-30'",
    "features__customer_habit": "as_of_date = '2026-06-30'",
}


@pytest.fixture(scope="module")
def trained(module_sample: Profile) -> Profile:
    """A warehouse with features and champions."""
    simulate.create(MADE, SEED, DAY)
    land(module_sample, DAY)
    build_to_features(module_sample, DAY)
    began = time.perf_counter()
    lifecycle.ensure_champions(module_sample, DAY)
    print(f"\n{MADE:,} customers: four champions tested and trained in {time.perf_counter() - began:.1f} s")
    return module_sample


def grow(profile: Profile, customers: int) -> int:
    """Copy the date's features under other keys until there are about so many customers; how many there are."""
    with warehouse(profile) as connection:
        row = connection.execute(
            "select count(*) filter (where position('~' in customer_key) = 0), count(*)"
            " from features.features__customer_as_of where as_of_date = %s",
            (DAY,),
        ).fetchone()
        assert row is not None
        first, last = row[1] // row[0], customers // row[0]
        for table, condition in COPIED.items():
            copy_rows(connection, ("features", table), first, last - 1, condition)
    return customers_there(profile)


def customers_there(profile: Profile) -> int:
    with warehouse(profile) as connection:
        row = connection.execute(
            "select count(*) from features.features__customer_as_of where as_of_date = %s", (DAY,)
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("customers", SIZES)
def test_scores_and_reasons(trained: Profile, customers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    there = grow(trained, customers)
    explained = 0.0
    effects = Hazard.effects

    def timed(self: Hazard, *given: Any) -> Any:
        nonlocal explained
        began = time.perf_counter()
        found = effects(self, *given)
        explained += time.perf_counter() - began
        return found

    monkeypatch.setattr(Hazard, "effects", timed)
    with watched() as peak:
        began = time.perf_counter()
        written = lifecycle.score_all(trained, DAY)
        took = time.perf_counter() - began
    assert written["customer_churn"] == written["customer_value"] == written["customer_segment"] == there
    rows = sum(written.values())
    print(
        f"\n{there:,} customers, {written['policy_lapse'] // 2:,} policies at risk: scores {took - explained:.1f} s,"
        f" reasons {explained:.1f} s more; {rows:,} rows written, {rows / took:,.0f} rows/s; peak {peak.own:.2f} GB of"
        f" ours, {peak.gigabytes:.2f} GB with the server"
    )
