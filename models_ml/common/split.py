"""Past and future: what could have been known when a model would have been trained, and what it is judged by."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_knowledge.profile import Profile

Mask = NDArray[np.bool_]
LATE_SHARE = 0.2


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


def calibration(frame: pd.DataFrame, *, repeated: bool) -> tuple[Mask, Mask]:
    """Rows to fit on and rows to calibrate on, within the training rows.

    Late: the last fifth (nearly) by the day the outcome became known; dates are never cut through. Early: the rest;
    where a policy is observed again and again, only what was known before the late observations began. Otherwise
    one exit would stand in both, and what a booster remembers would look like what it understands.

    Args:
        frame: with `as_of_date` and `label_known_on`.
        repeated: outcome windows of one policy overlap (a grid of dates), or follow each other (policy terms).

    Returns:
        Masks (rows,) of early and late; with one date only, both are empty.
    """
    known_on = frame["label_known_on"]
    days = np.sort(known_on.unique())
    nothing = np.zeros(len(frame), dtype=bool)
    if days.size < 2:
        return nothing, nothing
    shares = np.array([float((known_on >= day).mean()) for day in days[1:]])
    cut = days[1:][int(np.argmin(np.abs(shares - LATE_SHARE)))]
    late = np.asarray(known_on >= cut, dtype=bool)
    end = frame.loc[late, "as_of_date"].min() if repeated else cut
    early = np.asarray(known_on <= end, dtype=bool) & ~late
    return early, late
