"""Past and future: what could have been known when a model would have been trained, and what it is judged by."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_knowledge.profile import Profile

Mask = NDArray[np.bool_]
LATE_SHARE = 0.2
FOLDS = 3


def mature(frame: pd.DataFrame, as_of_date: date) -> Mask:
    """Rows whose outcome is known by a date (horizon and grace are over)."""
    return np.asarray(frame["label_known_on"] <= pd.Timestamp(as_of_date), dtype=bool)


def windows(frame: pd.DataFrame, profile: Profile, as_of_date: date) -> tuple[Mask, Mask]:
    """Training and test rows of the backtest.

    Training: outcomes known by `train_until`. Test: where the unit is a policy, observations after
    `train_until` until `test_until`, so that no outcome window of training reaches into the test (embargo: horizon
    and grace); where it is a policy term, terms whose outcome came to be known in that time. Both only with
    outcomes known by the as-of date.

    Args:
        frame: with `as_of_date` and `label_known_on`.
        profile: has `train_until`, `test_until` and `unit_at_risk`.
        as_of_date: nothing known later counts.

    Returns:
        Two masks (rows,) that share no row.
    """
    known = mature(frame, as_of_date)
    start, end = pd.Timestamp(profile.train_until), pd.Timestamp(profile.test_until)
    train = known & np.asarray(frame["label_known_on"] <= start, dtype=bool)
    moment = frame["as_of_date"] if profile.unit_at_risk == "policy" else frame["label_known_on"]
    test = known & np.asarray((moment > start) & (moment <= end), dtype=bool)
    return train, test & ~train


def late_slice(known_on: pd.Series) -> Mask:
    """The last fifth (nearly) of rows by the day their outcome became known: what is calibrated on.

    Dates are never cut through. With one date only, all rows are late.
    """
    days = np.sort(known_on.unique())
    if days.size < 2:
        return np.ones(len(known_on), dtype=bool)
    shares = np.array([float((known_on >= day).mean()) for day in days[1:]])
    cut = days[1:][int(np.argmin(np.abs(shares - LATE_SHARE)))]
    return np.asarray(known_on >= cut, dtype=bool)


def folds(keys: pd.Series) -> NDArray[np.int64]:
    """Fold of each row, by a hash of its key: all rows of one customer are in the same, today and tomorrow."""
    hashed = pd.util.hash_array(keys.to_numpy(dtype=object))
    return np.asarray(hashed % FOLDS, dtype="int64")
