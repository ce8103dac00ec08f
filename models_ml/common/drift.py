"""Drift: how far what is scored today lies from what was learnt from (population stability index)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models_ml.common.contract import Column
from models_ml.common.metrics import Floats

BINS = 10
WATCH, DRIFTED = 0.10, 0.25  # the usual thresholds of credit scoring (Siddiqi 2006)
_LEAST = 1e-4


class Tally(dict[str, Floats]):
    """Rows counted in each bin, by feature."""

    def __add__(self, other: Tally) -> Tally:
        """Of both."""
        return Tally({name: counts + other[name] for name, counts in self.items()})


@dataclass(frozen=True)
class Reference:
    """Shares of each feature's bins at training.

    Args:
        edges: number or flag → inner edges of its bins (deciles; equal ones are merged). Unknown is a bin of its own.
        words: category → its words; others and unknown are the last bin.
        shares: feature → share of each bin.
    """

    edges: dict[str, list[float]]
    words: dict[str, list[str]]
    shares: dict[str, list[float]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, columns: Sequence[Column]) -> Reference:
        """Bins and shares of a frame's columns."""
        edges, words = {}, {}
        for column in columns:
            if column.kind == "category":
                words[column.name] = sorted(str(word) for word in frame[column.name].dropna().unique())
            else:
                known = frame[column.name].dropna().to_numpy(dtype="float64")
                cuts = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]) if known.size else np.zeros(0)
                edges[column.name] = [float(cut) for cut in np.unique(cuts)]
        counted = cls(edges, words, {}).tally(frame)
        rows = max(1, len(frame))
        return cls(edges, words, {name: (counted[name] / rows).tolist() for name in (*edges, *words)})

    def tally(self, frame: pd.DataFrame) -> Tally:
        """A frame's rows in each bin of each feature; tallies of chunks add up."""
        return Tally({name: self._counted(frame, name) for name in (*self.edges, *self.words)})

    def _counted(self, frame: pd.DataFrame, name: str) -> Floats:
        if name in self.words:
            places = {word: place for place, word in enumerate(self.words[name])}
            at = frame[name].map(places).fillna(len(places)).to_numpy(dtype="int64")
            bins = len(places) + 1
        else:
            values = frame[name].to_numpy(dtype="float64")
            bins = len(self.edges[name]) + 2
            at = np.where(np.isfinite(values), np.searchsorted(self.edges[name], values, side="left"), bins - 1)
        return np.bincount(at, minlength=bins).astype("float64")

    def psi(self, counted: Tally) -> dict[str, float]:
        """Population stability index of each feature: Σ (today − then) · ln(today ÷ then); shares at least 0.0001."""
        found = {}
        for name, then in self.shares.items():
            before = np.maximum(then, _LEAST)
            rows = max(1.0, float(counted[name].sum()))
            today = np.maximum(counted[name] / rows, _LEAST)
            found[name] = round(float(((today - before) * np.log(today / before)).sum()), 6)
        return found

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {"edges": self.edges, "words": self.words, "shares": self.shares}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Reference:
        """The reference from its stored values."""
        return cls(stored["edges"], stored["words"], stored["shares"])


def state(psi: float) -> str:
    """`stable`, `watch` (from 0.1) or `drifted` (from 0.25)."""
    return "drifted" if psi >= DRIFTED else "watch" if psi >= WATCH else "stable"
