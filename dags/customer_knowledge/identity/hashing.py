"""Values as 64-bit numbers: the same on every machine, small enough to keep many of every party, and no names.

Two values that meet in one number would only have two parties looked at that need not be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)


def hashed(values: Any) -> Numbers:
    """One number for each value, of missing ones too."""
    return pd.util.hash_array(np.asarray(values, dtype=object), categorize=True)


def signed(numbers: Numbers) -> npt.NDArray[np.int64]:
    """The same bits as the database keeps them."""
    return numbers.view(np.int64)


def combined(table: pd.DataFrame, keys: Mapping[str, Sequence[str]]) -> dict[str, pd.Series[Any]]:
    """For each named combination of columns one number a row, missing where one of the columns is."""
    columns = {column for names in keys.values() for column in names}
    one = {column: hashed(table[column]) for column in columns}
    missing = {column: table[column].isna().to_numpy() for column in columns}
    found = {}
    for name, names in keys.items():
        number = np.full(len(table), hashed([name])[0], dtype=np.uint64)
        for column in names:
            number = (number * _MIX) ^ one[column]
        gaps = np.logical_or.reduce([missing[column] for column in names])
        found[name] = pd.Series(pd.arrays.IntegerArray(signed(number), gaps), index=table.index)
    return found
