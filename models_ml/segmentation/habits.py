"""What customers habitually do, as counts of words: how they are in touch, what they hold, where they bought it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_ml.common.encoding import Matrix
from models_ml.segmentation.spec import ASPECTS

LEAST_SHARE = 0.01  # of customers a word must be said of, or it is left out
LEAST_WORDS = 3  # an aspect with fewer says too little to tell groups by


@dataclass(frozen=True)
class Vocabulary:
    """The words of each aspect that are counted; learnt at training."""

    words: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, frame: pd.DataFrame) -> Vocabulary:
        """Words said of enough customers, of aspects that have enough of them, sorted."""
        least = max(2.0, LEAST_SHARE * len(frame))
        found: dict[str, tuple[str, ...]] = {}
        for aspect in ASPECTS:
            said: dict[str, int] = {}
            for counts in frame[aspect]:
                for word in counts or ():
                    said[word] = said.get(word, 0) + 1
            words = tuple(sorted(word for word, customers in said.items() if customers >= least))
            if len(words) >= LEAST_WORDS:
                found[aspect] = words
        return cls(found)

    def blocks(self, frame: pd.DataFrame) -> list[Matrix]:
        """Counts for each aspect: (rows, words); words never learnt are not counted."""
        return [_counted(frame[aspect], words) for aspect, words in self.words.items()]

    def to_artefact(self) -> dict[str, list[str]]:
        """Plain values to be stored."""
        return {aspect: list(words) for aspect, words in self.words.items()}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Vocabulary:
        """The vocabulary from its stored values."""
        return cls({aspect: tuple(words) for aspect, words in stored.items()})


def _counted(column: pd.Series, words: tuple[str, ...]) -> Matrix:
    counted = np.zeros((len(column), len(words)))
    at = {word: position for position, word in enumerate(words)}
    for row, counts in enumerate(column):
        for word, times in (counts or {}).items():
            if word in at:
                counted[row, at[word]] = times
    return counted


def shares(column: pd.Series, words: tuple[str, ...]) -> Matrix:
    """Share of each word among all that is said of a customer: (rows, words); NaN where nothing is."""
    totals = np.array([float(sum((counts or {}).values())) or np.nan for counts in column])
    return np.asarray(_counted(column, words) / totals[:, None])
