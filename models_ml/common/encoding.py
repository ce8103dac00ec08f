"""Columns into a matrix: numbers as they are, words as one column each; what was never seen gives zeros."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.common.contract import Column

Matrix = NDArray[np.float64]
MOST_CATEGORIES = 50


@dataclass(frozen=True)
class Encoder:
    """Which columns are used, and the words each column of words may hold.

    Numbers with fewer than two distinct values, and words with fewer than two, say nothing and are left out.
    """

    numbers: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[Column]) -> Encoder:
        """Learn which columns of a frame are of use, and their words (most frequent first to be kept)."""
        numeric = tuple(
            c.name for c in columns if c.kind in ("number", "flag") and frame[c.name].nunique(dropna=True) > 1
        )
        words: dict[str, tuple[str, ...]] = {}
        for column in columns:
            if column.kind == "category" and frame[column.name].nunique(dropna=False) > 1:
                counts = frame[column.name].value_counts()
                ordered = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
                words[column.name] = tuple(sorted(str(word) for word, _ in ordered[:MOST_CATEGORIES]))
        return cls(numeric, words)

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the columns that are used."""
        return (*self.numbers, *self.categories)

    def positions(self, name: str) -> list[int]:
        """Columns of the matrix that come from a feature."""
        if name in self.numbers:
            return [self.numbers.index(name)]
        at = len(self.numbers)
        for feature, words in self.categories.items():
            if feature == name:
                return list(range(at, at + len(words)))
            at += len(words)
        return []

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """The matrix of a frame: (rows, numbers + words), NaN where a number is unknown or infinite."""
        parts = [frame[name].to_numpy(dtype="float64", copy=True) for name in self.numbers]
        for feature, words in self.categories.items():
            values = frame[feature].to_numpy(dtype=object)
            parts.extend(np.asarray(values == word, dtype="float64") for word in words)
        if not parts:
            return np.zeros((len(frame), 0))
        matrix = np.column_stack(parts)
        matrix[~np.isfinite(matrix)] = np.nan
        return matrix

    def unseen(self, frame: pd.DataFrame) -> dict[str, float]:
        """Share of rows with a word that was never seen, for each column where there are any."""
        shares = {}
        for feature, words in self.categories.items():
            values = frame[feature]
            share = float((values.notna() & ~values.isin(words)).mean()) if len(frame) else 0.0
            if share:
                shares[feature] = round(share, 6)
        return shares

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {"numbers": list(self.numbers), "categories": {k: list(v) for k, v in self.categories.items()}}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Encoder:
        """The encoder from its stored values."""
        return cls(tuple(stored["numbers"]), {k: tuple(v) for k, v in stored["categories"].items()})
