"""A segment keeps its number from run to run: by who is in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Groups = NDArray[np.int64]


def aligned(keys: pd.Series, groups: Groups, prior: dict[str, int], first: int, count: int) -> list[int]:
    """The number of each group: that of the earlier segment most of its members were in, one to one.

    The assignment keeps as many customers as can be under their number (Hungarian method). A group that follows no
    earlier one gets the lowest number that no earlier segment had.

    Args:
        keys: customer keys, (rows,).
        groups: group of each, from 0, (rows,).
        prior: customer_key → number of the segment before, of this family only.
        first: lowest number of the family.
        count: groups.
    """
    from scipy.optimize import linear_sum_assignment

    earlier = sorted(set(prior.values()))
    if not earlier:
        return list(range(first, first + count))
    position = {number: at for at, number in enumerate(earlier)}
    overlap = np.zeros((count, len(earlier)))
    before = [prior.get(key) for key in keys]
    for group, number in zip(groups, before, strict=True):
        if number is not None:
            overlap[group, position[number]] += 1
    rows, columns = linear_sum_assignment(-overlap)
    kept = {int(r): earlier[c] for r, c in zip(rows, columns, strict=True) if overlap[r, c] > 0}
    unused = iter(n for n in range(first, first + count + len(earlier)) if n not in position)
    return [kept[group] if group in kept else next(unused) for group in range(count)]
