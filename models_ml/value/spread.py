"""How far a customer's value may lie from what is expected.

Draws of the year in which every policy leaves, by the same chances the value is expected with, of what comes in and is
claimed until then (`luck`), and of whether the offer is taken give the 10th and 90th of a hundred values a customer.
The chances are taken as known: the interval is of the customer's luck, not of the model's errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.common.metrics import Floats
from models_ml.value.future import Years
from models_ml.value.luck import ClaimsToCome, Places, Premiums

LOW, HIGH = 0.10, 0.90
CHUNK = 20_000  # customers drawn at a time


@dataclass(frozen=True)
class Exits:
    """What each policy brings by the year it leaves in.

    Args:
        premium: (rows, years + 1) discounted premium; the last column is of who stays through all of them.
        chance: (rows, years + 1) of each; rows add up to one.
        paid: (rows,) years in which premium falls due.
        kept: (rows,) share of the premium that is margin before claims.
        claims: to come, of each row.
        premiums, kind: paths, and where each row's are.
    """

    premium: Floats
    chance: Floats
    paid: Places
    kept: Floats
    claims: ClaimsToCome
    premiums: Premiums
    kind: Places

    def expected(self) -> Floats:
        """Mean over the draws, if they were endless: (rows,)."""
        return np.asarray((self.premium * self.chance).sum(axis=1) * (self.kept - self.claims.share))

    def drawn(self, rows: Places, draws: int, seed: int, rng: np.random.Generator) -> Floats:
        """Discounted margin of some of the rows: (of them, draws)."""
        year = _years(self.chance[rows], draws, rng)
        paid = np.minimum(year, self.paid[rows, None])
        path = rng.integers(0, self.premiums.paths.shape[1], year.shape, dtype="uint16")
        came = self.kept[rows, None] * self.premiums.paths[self.kind[rows, None], path, paid]
        claimed = np.flatnonzero(self.claims.share[rows])
        came[claimed] -= self.claims.some(rows[claimed]).drawn(paid[claimed], seed, rng)
        return np.asarray(came * np.take_along_axis(self.premium[rows], year, axis=1))


def exits(ahead: Years, if_leaving: Floats, yearly: Floats, horizon: int) -> tuple[Floats, Floats, Places]:
    """Premium and chance by the year of leaving, and years in which premium falls due: as `Exits` has them.

    Args:
        ahead: of `future.years`.
        if_leaving: (rows,) first year's premium of who leaves in it.
        yearly: (rows,) premium of a year of who stays.
        horizon: years.
    """
    rows = len(yearly)
    premium, chance = np.empty((rows, horizon + 1)), np.empty((rows, horizon + 1))
    premium[:, 0], chance[:, 0] = if_leaving * ahead.discounted[:, 0], 1 - ahead.stays
    so_far, there = yearly * ahead.discounted[:, 0], ahead.stays
    for year in range(1, horizon):
        premium[:, year], chance[:, year] = so_far, there * (1 - ahead.renews[:, year])
        so_far, there = so_far + yearly * ahead.discounted[:, year], there * ahead.renews[:, year]
    premium[:, horizon], chance[:, horizon] = so_far, there
    return premium, chance, (ahead.discounted[:, :horizon] > 0).sum(axis=1)


def interval(
    owners: pd.Series, found: Exits, customers: pd.Series, growth: tuple[Floats, Floats], draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Between which values eight of ten customers like each end: (customers,) low and high, money.

    Args:
        owners: (rows,) customer_key of each policy.
        found: what each policy brings by the year it leaves in.
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
    for start in range(0, len(index), CHUNK):
        stop = min(start + CHUNK, len(index))
        mine = order[np.searchsorted(owner[order], start) : np.searchsorted(owner[order], stop)]
        total = np.zeros((stop - start, draws))
        np.add.at(total, owner[mine] - start, found.drawn(mine, draws, seed, rng))
        chance, margin = (part[start:stop, None] for part in growth)
        yield total + np.where(rng.random((stop - start, draws)) < chance, margin, 0.0)


def _years(chance: Floats, draws: int, rng: np.random.Generator) -> Places:
    """The year each policy leaves in: (rows, draws)."""
    luck = rng.random((len(chance), draws))
    year: Places = np.zeros(luck.shape, dtype="int64")
    for threshold in np.cumsum(chance, axis=1)[:, :-1].T:
        year += luck >= threshold[:, None]
    return year
