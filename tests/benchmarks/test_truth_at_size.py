"""How near churn comes to the chances that were planted, of a larger sample insurer than tests can wait for.

Run by `make bench`; customers by `CK_BENCH_TRUTH`. The AUC of the model and of the true chances is told twice: by what
then happened, with an interval by resampling customers, and as expected of endless draws of the true chances. The two
differ: the true chances hold the day's lateness and complaints for a year, which what happens does not.
"""

from __future__ import annotations

import os
import time
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse.connections import warehouse
from models_ml.churn import features, score, spec, train
from models_ml.churn.calendar import MONTHS
from tests.harness import truth
from tests.harness.day import build_to_features, land

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(0)]
DAY, SEED = date(2026, 6, 30), 11
CUSTOMERS = int(os.environ.get("CK_BENCH_TRUTH", "20000"))
RESAMPLED = 100


def short_of(found: pd.DataFrame, weights: np.ndarray | None = None) -> float:
    """AUC of the true chances less that of the model, by what happened."""
    best, ours = (
        roc_auc_score(found["happened"], found[column], sample_weight=weights) for column in ("true", "p_churn")
    )
    return float(best - ours)


def test_churn_beside_the_planted_chances(module_sample: Profile) -> None:
    simulate.create(CUSTOMERS, SEED, DAY)
    land(module_sample, DAY)
    build_to_features(module_sample, DAY)
    of_churn, began = spec.of(module_sample), time.perf_counter()
    with warehouse(module_sample) as connection:
        trained = train.train(connection, module_sample, DAY)
        took = time.perf_counter() - began
        scored = score.policies(features.current(connection, of_churn, DAY), trained.payload)
    year = scored[scored["horizon_months"] == MONTHS].set_index("policy_key")
    found = year[["p_churn", "customer_key"]].join(truth.chances(module_sample, DAY), how="inner")
    chance, p = found["true"].to_numpy(dtype="float64"), found["p_churn"].to_numpy(dtype="float64")
    rng, whose = np.random.default_rng(SEED), pd.factorize(found["customer_key"])[0]
    drawn = [short_of(found, rng.poisson(1, whose.max() + 1)[whose]) for _ in range(RESAMPLED)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    best, ours = truth.expected_auc(chance, chance), truth.expected_auc(p, chance)
    print(
        f"\n{CUSTOMERS:,} customers, {trained.trained_rows:,} rows in {took:.0f} s, {trained.metrics['champion']}:"
        f" by what happened {short_of(found):.4f} [{low:.4f}, {high:.4f}] short of the true chances' AUC"
        f" {roc_auc_score(found['happened'], chance):.4f}; expected {best - ours:.4f} short of {best:.4f};"
        f" slope {truth.calibration_slope(p, chance):.3f}, expected / true {p.mean() / chance.mean():.3f}"
    )
    assert 0 < best - ours < 0.06
    assert 0.9 <= truth.calibration_slope(p, chance) <= 1.1
