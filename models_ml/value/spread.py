"""How far a customer's value may lie from what is expected: by when policies leave and whether offers are taken.

Draws of the exit year of every policy, by the same chances the value is expected with, give the 10th and 90th of a
hundred values a customer. Claims are at their expectation and the chances are taken as known: the interval is of the
customer's luck, not of the model's errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.metrics import Floats
from models_ml.value.future import Years

LOW, HIGH = 0.10, 0.90
CHUNK = 20_000  # customers drawn at a time


@dataclass(frozen=True)
class Exits:
    """What each policy is worth by the year it leaves in.

    Args:
        worth: (rows, years + 1) discounted margin; the last column is of who stays through all of them.
        chance: (rows, years + 1) of each; rows add up to one.
    """

    worth: Floats
    chance: Floats

    def expected(self) -> Floats:
        """Mean over the draws, if they were endless: (rows,)."""
        return np.asarray((self.worth * self.chance).sum(axis=1))


def exits(ahead: Years, if_leaving: Floats, if_staying: Floats, yearly: Floats, horizon: int) -> Exits:
    """Worth and chance by the year of leaving.

    Args:
        ahead: of `future.years`.
        if_leaving: (rows,) first year's margin of who leaves in it.
        if_staying: (rows,) the same of who stays.
        yearly: (rows,) margin of a later year of who stays.
        horizon: years.
    """
    rows = len(yearly)
    worth, chance = np.empty((rows, horizon + 1)), np.empty((rows, horizon + 1))
    worth[:, 0], chance[:, 0] = if_leaving * ahead.discounted[:, 0], 1 - ahead.stays
    so_far, there = if_staying * ahead.discounted[:, 0], ahead.stays
    for year in range(1, horizon):
        worth[:, year], chance[:, year] = so_far, there * (1 - ahead.renews[:, year])
        so_far, there = so_far + yearly * ahead.discounted[:, year], there * ahead.renews[:, year]
    worth[:, horizon], chance[:, horizon] = so_far, there
    return Exits(worth, chance)


def interval(
    owners: pd.Series, found: Exits, customers: pd.Series, growth: tuple[Floats, Floats], draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Between which values eight of ten customers like each end: (customers,) low and high, money.

    Args:
        owners: (rows,) customer_key of each policy.
        found: of `exits`.
        customers: keys, sorted and distinct.
        growth: (customers,) chance to take the offer, and its margin when taken.
        draws: of each policy's exit and each customer's purchase.
        seed: the same draws again for the same rows.
    """
    bounds = [
        np.quantile(total, (LOW, HIGH), axis=1, method="inverted_cdf")
        for total in totals(owners, found, customers, growth, draws, seed)
    ]
    low, high = np.concatenate(bounds, axis=1) if bounds else np.zeros((2, 0))
    return low, high


def totals(
    owners: pd.Series, found: Exits, customers: pd.Series, growth: tuple[Floats, Floats], draws: int, seed: int
) -> Iterator[Floats]:
    """Drawn values of customers, a chunk of them at a time: (customers of the chunk, draws). See `interval`."""
    rng = np.random.default_rng(seed)
    index = pd.Index(customers)
    owner = index.get_indexer(pd.Index(owners))
    order = np.argsort(owner, kind="stable")
    thresholds = np.cumsum(found.chance, axis=1)[:, :-1]
    for start in range(0, len(index), CHUNK):
        stop = min(start + CHUNK, len(index))
        mine = order[np.searchsorted(owner[order], start) : np.searchsorted(owner[order], stop)]
        total = np.zeros((stop - start, draws))
        np.add.at(total, owner[mine] - start, _drawn(found.worth[mine], thresholds[mine], draws, rng))
        chance, margin = (part[start:stop, None] for part in growth)
        yield total + np.where(rng.random((stop - start, draws)) < chance, margin, 0.0)


def _drawn(worth: Floats, thresholds: Floats, draws: int, rng: np.random.Generator) -> Floats:
    luck = rng.random((len(worth), draws))
    year: NDArray[np.int64] = np.zeros(luck.shape, dtype="int64")
    for column in thresholds.T:
        year += luck >= column[:, None]
    return np.take_along_axis(worth, year, axis=1)
