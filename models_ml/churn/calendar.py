"""The contract's calendar in the months ahead: when a premium or renewal falls, as known on the as-of date."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MONTHS = 12
DAYS_A_MONTH = 365.25 / 12
# What is under way, an open due, is decided within a quarter; all else is to come.
NEAR = 3
GRACE = "grace"
MODES = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
WIDTH = 12

Cells = NDArray[np.int64]


def cells(frame: pd.DataFrame, periods: int) -> Cells:
    """Cell of each unit and month ahead: by kind of contract, mode, and months since the last premium fell due.

    Args:
        frame: premium_mode, is_long_term, days_to_next_due (NaN: none falls due again).
        periods: 12 months, or 1 where the horizon is one renewal (one cell for all).

    Returns:
        (rows, periods) numbers from 0.
    """
    if periods == 1:
        return np.zeros((len(frame), 1), dtype="int64")
    between = frame["premium_mode"].map(MODES).to_numpy(dtype="float64")
    due_in = frame["days_to_next_due"].to_numpy(dtype="float64") / DAYS_A_MONTH
    falls = np.isfinite(due_in) & np.isfinite(between)
    step = np.where(falls, between, 1).astype("int64")
    since = np.floor(np.arange(1, periods + 1) - np.where(falls, due_in, 0.0)[:, None]).astype("int64") % step[:, None]
    kind = np.where(falls, 1 + np.searchsorted([1, 3, 6, 12], step), 0)
    kind += (len(MODES) + 1) * (frame["is_long_term"].to_numpy(dtype="float64") == 1.0)
    return np.asarray(kind[:, None] * WIDTH + since, dtype="int64")


def under_way(frame: pd.DataFrame, periods: int) -> NDArray[np.bool_]:
    """Whether a month ahead decides on a due that is open on the as-of date: (rows, periods).

    Args:
        frame: status.
        periods: 12 months, or 1 where the horizon is one renewal, on which everything is decided.
    """
    if periods == 1:
        return np.ones((len(frame), 1), dtype=bool)
    in_grace = frame["status"].to_numpy(dtype=object) == GRACE
    return np.asarray(in_grace[:, None] & (np.arange(1, periods + 1) <= NEAR), dtype=bool)


def matures(frame: pd.DataFrame, periods: int) -> NDArray[np.bool_]:
    """Whether the term agreed ends in a month ahead: (rows, periods). A fact of the contract, nothing to be learnt."""
    if periods == 1:
        return np.zeros((len(frame), 1), dtype=bool)
    month = np.ceil(frame["days_to_maturity"].to_numpy(dtype="float64") / DAYS_A_MONTH)
    return np.asarray(np.maximum(month, 1)[:, None] == np.arange(1, periods + 1), dtype=bool)
