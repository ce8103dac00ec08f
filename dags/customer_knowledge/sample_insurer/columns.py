"""Column tables and dates: the small arithmetic every other room of the sample insurer stands on."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = dict[str, Array]
"""A table: equally long arrays by column name. Dates M8[D], moments M8[s] in UTC; NaT, NaN and None are NULL."""

Rng = np.random.Generator
NO_DAY = np.datetime64("NaT", "D")
ONE_DAY = np.timedelta64(1, "D")
YEAR_DAYS = 365


def room(seed: int, name: str) -> Rng:
    """A generator of its own for each room, so that a change in one leaves the others' numbers alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def rows(table: Columns) -> int:
    """Number of rows of a table."""
    return len(next(iter(table.values())))


def take(table: Columns, which: Array) -> Columns:
    """Rows of a table by position or by mask."""
    return {name: column[which] for name, column in table.items()}


def stack(tables: list[Columns]) -> Columns:
    """Tables with the same columns, one below the other."""
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}


def zero_filled(numbers: Array, width: int) -> Array:
    """Whole numbers as text with zeros in front; of none, none, which numpy's own cannot say."""
    text = numbers.astype(f"U{width}")
    return np.asarray(np.char.zfill(text, width).astype(f"U{width}")) if len(text) else text


def pick(rng: Rng, values: tuple[str, ...] | Array, size: int) -> Array:
    """`size` values, each equally likely."""
    pool = np.asarray(values, dtype=object)
    return np.asarray(pool[rng.integers(len(pool), size=size)])


def choose(rng: Rng, weights: Array) -> Array:
    """One column index a row; `weights` has shape (rows, choices) and need not sum to one."""
    edges = np.cumsum(weights, axis=1)
    return np.asarray((rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1))


def among(values: Array, members: Iterable[Any]) -> Array:
    """Whether each value is one of the members; quick for texts, where `numpy.isin` is not."""
    wanted = set(members)
    return np.fromiter((value in wanted for value in values.tolist()), dtype=bool, count=len(values))


def add_months(start: Array, months: Array | int) -> Array:
    """The same day of the month so many months later; the last day where that month is shorter."""
    month = start.astype("M8[M]")
    target = month + np.asarray(months).astype("m8[M]")
    first = target.astype("M8[D]")
    length = ((target + 1).astype("M8[D]") - first).astype(int)
    day = np.minimum((start - month.astype("M8[D]")).astype(int), length - 1)
    return np.asarray(first + day.astype("m8[D]"))


def whole_months(start: Array, until: Array) -> Array:
    """Completed months between two dates."""
    months = (until.astype("M8[M]") - start.astype("M8[M]")).astype(int)
    return np.asarray(months - (add_months(start, months) > until))


def whole_years(start: Array, until: Array) -> Array:
    """Completed years between two dates."""
    return whole_months(start, until) // 12


def years_between(start: Array, until: Array) -> Array:
    """Years as a number with fractions; NaN where a date is missing."""
    days = (until - start) / ONE_DAY
    return np.asarray(days / 365.25)


def either(condition: Array, yes: Any, no: Any) -> Array:
    """`numpy.where` for objects: either side may be one value, None included."""
    chosen: Array = np.where(condition, yes, no)
    return chosen


def plus_days(start: Array, count: Array | int) -> Array:
    """So many days later."""
    return np.asarray(start + np.asarray(count).astype("m8[D]"))


def recorded(rng: Rng, on: Array, late_share: float = 0.03) -> Array:
    """When the clerk wrote it down: 0 to 3 days after it happened, a few later still."""
    size = len(on)
    lag = rng.choice(4, size=size, p=[0.62, 0.24, 0.09, 0.05])
    lag = np.where(rng.random(size) < late_share, rng.integers(4, 15, size=size), lag)
    return plus_days(on, lag)


def moments(rng: Rng, on: Array) -> Array:
    """A moment in office hours (09:00 to 18:00 in Shanghai, kept in UTC) of each day."""
    return np.asarray(on.astype("M8[s]") + rng.integers(3600, 36_000, size=len(on)).astype("m8[s]"))


class Happenings:
    """Dated happenings of owners, to be counted in time windows."""

    def __init__(self, owner: Array, on: Array) -> None:
        self._keys = np.sort(self._key(owner, on))

    @staticmethod
    def _key(owner: Array, on: Array) -> Array:
        return np.asarray(np.asarray(owner, dtype=np.int64) * 1_000_000 + on.astype("M8[D]").astype(np.int64))

    def count(self, owner: Array, after: Array, until: Array) -> Array:
        """How many of the owner's happenings lie in (after, until]."""
        high = np.searchsorted(self._keys, self._key(owner, until), side="right")
        return np.asarray(high - np.searchsorted(self._keys, self._key(owner, after), side="right"))


def poisson_process(rng: Rng, rate: Array, start: Array, end: Array) -> tuple[Array, Array]:
    """Owners (positions) and dates of a Poisson process.

    Args:
        rng: the room's generator.
        rate: happenings a year, for each owner.
        start: first day, for each owner.
        end: last day, for each owner; before `start` means never.
    """
    span = np.maximum((end - start).astype(int), 0)
    owner = np.repeat(np.arange(len(span)), rng.poisson(rate * span / YEAR_DAYS))
    return owner, plus_days(start[owner], (rng.random(len(owner)) * span[owner]).astype(int))
