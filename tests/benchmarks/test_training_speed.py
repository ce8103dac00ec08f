"""Training of all four models, backtests included, at growing sizes: seconds of each, rows, peak memory.

Run by `make bench`; sizes by `CK_BENCH_TRAINED` (comma-separated customers). Asserts results, never seconds.
"""

from __future__ import annotations

import os
import time
from datetime import date

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse.connections import warehouse
from models_ml import lifecycle
from tests.benchmarks.copied import copy_rows
from tests.benchmarks.memory import watched
from tests.harness.day import build_to_features, land

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(0)]
DAY, SEED, MADE = date(2026, 6, 30), 3, 5_000
SIZES = [int(size) for size in os.environ.get("CK_BENCH_TRAINED", "10000,50000").split(",")]
# What training reads, or what its view is made of; customers' keys stand in all of them, or their units'.
COPIED = (
    ("features", "features__policy_as_of"),
    ("features", "features__policy_label"),
    ("features", "features__customer_as_of"),
    ("features", "features__customer_habit"),
    ("features", "features__customer_purchase"),
    ("features", "features__customer_contact"),
    ("features", "features__customer_holding"),
)


@pytest.fixture(scope="module")
def featured(module_sample: Profile) -> Profile:
    """A warehouse with features and no model."""
    simulate.create(MADE, SEED, DAY)
    land(module_sample, DAY)
    build_to_features(module_sample, DAY)
    return module_sample


def grow(profile: Profile, customers: int) -> tuple[int, int]:
    """Copy everybody with their whole history until there are about so many; customers and units there are."""
    customers_now = "select count(*) from features.features__customer_as_of where as_of_date = %s and {}"
    with warehouse(profile) as connection:
        counts = [
            connection.execute(customers_now.format(which).encode(), (DAY,)).fetchone()
            for which in ("position('~' in customer_key) = 0", "true")
        ]
        [one, there] = [int(row[0]) for row in counts if row]
        for place in COPIED:
            copy_rows(connection, place, there // one, customers // one - 1)
        row = connection.execute(
            "select (select count(*) from features.features__customer_as_of where as_of_date = %s),"
            " (select count(*) from features.features__policy_as_of)",
            (DAY,),
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


@pytest.mark.parametrize("customers", SIZES)
def test_training(featured: Profile, customers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    there, units = grow(featured, customers)
    took: dict[str, float] = {}
    train = lifecycle._train

    def timed(connection: object, profile: Profile, name: str, as_of_date: date) -> int:
        began = time.perf_counter()
        found = train(connection, profile, name, as_of_date)  # type: ignore[arg-type]
        took[name] = time.perf_counter() - began
        return found

    monkeypatch.setattr(lifecycle, "_train", timed)
    with watched() as peak:
        runs = lifecycle.train_all(featured, DAY)
    assert set(runs) == set(lifecycle.MODELS)
    with warehouse(featured) as connection:
        learnt = dict(
            connection.execute(
                "select model_name, trained_rows from ml.model_run where model_run_id = any(%s)", (list(runs.values()),)
            ).fetchall()
        )
    told = ", ".join(f"{name} {took[name]:.0f} s ({learnt.get(name, 0):,} rows)" for name in lifecycle.MODELS)
    print(
        f"\n{there:,} customers, {units:,} units of all dates: trained and tested in {sum(took.values()):.0f} s:"
        f" {told}; peak {peak.own:.2f} GB of ours, {peak.gigabytes:.2f} GB with the server"
    )
