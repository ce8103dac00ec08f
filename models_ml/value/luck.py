"""How premiums and claims of a policy may turn out beside what is expected of them: drawn once, looked up by policy.

- Premiums: what came in ÷ what fell due, as it was seen of policies that stayed a year and of those that left. The
  price of a long-term policy is fixed, so each year has a ratio of its own; cover of a year has a new price with every
  term, so ratios multiply.
- Claims of cover of a year: their number is Poisson about a Gamma (the credibility model's own, `claims`), their size
  a Gamma about its mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.metrics import Floats

PATHS = 1_000  # of premiums, for each kind
NUMBERS, SHAPES = 96, 12  # steps of the grid of claims: how many are expected, and how alike policies are
FEWEST_NUMBER, MOST_NUMBER, LEAST_SHAPE, GREATEST_SHAPE = 0.005, 500.0, 0.3, 100.0
DRAWN, MEANS = 64, 64  # of each step of the grid: means of so many draws, so that few keep the mean of many
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Premiums:
    """Paths of the premium that comes in, for each kind of payment.

    Args:
        kinds: of payment, in the order of the paths.
        paths: (kinds + 1, paths, years + 1) what came in until a policy left ÷ what was expected until then; the first
            year is of who leaves in it, the last kind of those of whom nothing is known.
    """

    kinds: tuple[str, ...]
    paths: Floats

    @classmethod
    def of(
        cls,
        staying: Mapping[str, Sequence[float]],
        leaving: Mapping[str, Sequence[float]],
        keeps_price: Mapping[str, bool],
        discounts: Sequence[float],
        seed: int,
    ) -> Premiums:
        """Draw the paths.

        Args:
            staying, leaving: kind → ratios that were seen, about their mean; no kind, no luck.
            keeps_price: kind → whether a year's ratio says nothing of the next.
            discounts: of the years ahead.
            seed: the same paths again.
        """
        rng, years = np.random.default_rng(seed), len(discounts)
        kinds = tuple(sorted(staying))
        paths = np.ones((len(kinds) + 1, PATHS, years + 1))
        weight = np.asarray(discounts)
        for place, kind in enumerate(kinds):
            came = _shuffled(staying[kind], years, rng)
            if not keeps_price[kind]:
                # What is off by little would be off by much after ten years.
                grown = np.cumprod(came, axis=1)
                came = grown / np.maximum(grown.mean(axis=0), 1e-9)
            paths[place, :, 1:] = np.cumsum(came * weight, axis=1) / np.cumsum(weight)
            if kind in leaving:
                paths[place, :, 0] = _shuffled(leaving[kind], 1, rng)[:, 0]
        return cls(kinds, paths)

    def places(self, kinds: pd.Series) -> Places:
        """Where the paths of each policy's kind are: (rows,); the last, on which all is as expected, of others."""
        known = {kind: place for place, kind in enumerate(self.kinds)}
        return np.asarray(kinds.map(known).fillna(len(self.kinds)), dtype="int64")


def _shuffled(seen: Sequence[float], years: int, rng: np.random.Generator) -> Floats:
    """Each ratio as often as any other in each year, in an order of its own: (paths, years)."""
    return rng.permuted(np.tile(np.resize(np.asarray(seen), PATHS)[:, None], years), axis=0)


@dataclass(frozen=True)
class ClaimsToCome:
    """Of each policy: (rows,).

    Args:
        share: claims expected ÷ premium expected; 0 where claims are no matter of luck.
        number: of claims expected a year; endless where nothing is left to luck.
        shape: of the Gamma that says how far the policy's own rate may lie from the number.
        spread_of_size: squared coefficient of variation of what a claim costs, of all.
    """

    share: Floats
    number: Floats
    shape: Floats
    spread_of_size: float

    @classmethod
    def none(cls, rows: int) -> ClaimsToCome:
        """No claims."""
        return cls(np.zeros(rows), np.zeros(rows), np.ones(rows), 0.0)

    def some(self, rows: Places) -> ClaimsToCome:
        """Those of some policies."""
        return ClaimsToCome(self.share[rows], self.number[rows], self.shape[rows], self.spread_of_size)

    def drawn(self, years: Places, seed: int, rng: np.random.Generator) -> Floats:
        """Claims of so many years ÷ premium expected of them: (rows, draws) of both; of no year, as expected."""
        about = claims_about_their_mean(self.spread_of_size, seed)
        shape = _step(self.shape, LEAST_SHAPE, GREATEST_SHAPE, SHAPES)[:, None]
        known = np.isfinite(self.number)[:, None]
        expected = np.where(known, self.number[:, None], 0.0) * np.arange(years.max(initial=0) + 1)
        number = np.take_along_axis(_step(expected, FEWEST_NUMBER, MOST_NUMBER, NUMBERS), years, axis=1)
        found = about[shape, number, rng.integers(0, DRAWN, years.shape, dtype="uint16")]
        return np.asarray(self.share[:, None] * np.where((years > 0) & known, found, 1.0))


def _step(values: Floats, least: float, most: float, steps: int) -> Places:
    """The nearest step of a geometric grid."""
    place = np.log(np.clip(values, least, most) / least) * ((steps - 1) / np.log(most / least))
    return np.asarray(np.rint(place), dtype="int64")


@lru_cache(maxsize=4)
def claims_about_their_mean(spread_of_size: float, seed: int) -> Floats:
    """Claims ÷ claims expected, sorted: (shapes, numbers, draws), by how alike policies are and how many are expected.

    Args:
        spread_of_size: squared coefficient of variation of what a claim costs.
        seed: the same again.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((SHAPES, NUMBERS, DRAWN))
    numbers = np.geomspace(FEWEST_NUMBER, MOST_NUMBER, NUMBERS)
    for place, shape in enumerate(np.geomspace(LEAST_SHAPE, GREATEST_SHAPE, SHAPES)):
        expected = numbers[:, None] * rng.gamma(shape, 1 / shape, (NUMBERS, DRAWN * MEANS))
        count = rng.poisson(expected).astype("float64")
        if spread_of_size > 0:
            count = rng.gamma(np.maximum(count, 1e-9) / spread_of_size, spread_of_size) * (count > 0)
        mean = count.mean(axis=1, keepdims=True)
        total = np.sort(np.divide(count, mean, out=np.ones_like(count), where=mean > 0), axis=1)
        found[place] = total.reshape(NUMBERS, DRAWN, MEANS).mean(axis=2)
    return found
