"""How likely each customer is to buy each line not held within a year: a ranker a line, or a rate.

Of most earlier dates the features hold customers with something in force only, and these are what rankers learn from.
Who has nothing in force any more goes by a rate of their own, which dates that hold everybody tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from models_ml.common import classifier
from models_ml.common.blocks import at_once
from models_ml.common.classifier import PLAIN, Kind, Ranker, sigmoid
from models_ml.common.encoding import Encoder, Matrix
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats, log_loss
from models_ml.common.split import FOLDS, folds
from models_ml.next_product.features import eligible
from models_ml.next_product.spec import LINES, NextProductSpec

EVERYBODY, FORMER = "everybody", ", former"
RATES = "rates_by_kind"
RUNGS = (RATES, *PLAIN)
# A line is bought by few: small trees, and not many.
SMALL = {"max_iter": 80, "learning_rate": 0.05, "max_leaf_nodes": 6, "min_samples_leaf": 100, "l2_regularization": 10.0}
Rates = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Propensity:
    """What is stored to score with.

    Args:
        rates: kind of customer → line → share of the eligible who bought; what stands where nothing is learnt.
        encoder: of the features; learns no columns where no line is learnt.
        rankers: line → its model.
    """

    rates: Rates
    encoder: Encoder
    rankers: dict[str, Ranker]

    def chances(self, frame: pd.DataFrame) -> Floats:
        """(rows, lines) chance to buy within a year; 0 for lines that are held."""
        by_kind = {kind: [shares[line] for line in LINES] for kind, shares in self.rates.items()}
        found = [by_kind.get(kind, by_kind[EVERYBODY]) for kind in kinds_of(frame)]
        table = np.array(found, dtype="float64").reshape(len(frame), len(LINES))
        can, holders = eligible(frame), np.flatnonzero(holds_something(frame))
        matrix = self.encoder.transform(frame.iloc[holders]) if self.rankers else np.zeros((0, 0))
        for line, ranker in self.rankers.items():
            at = LINES.index(line)
            asked = can[holders, at]
            table[holders[asked], at] = sigmoid(ranker.log_odds(matrix[asked]))
        return np.where(can, table, 0.0)

    def to_artefact(self) -> dict[str, Any]:
        """What is stored: plain values and scikit-learn estimators."""
        return {
            "rates": self.rates,
            "encoder": self.encoder.to_artefact(),
            "rankers": {line: ranker.to_artefact() for line, ranker in self.rankers.items()},
        }

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Propensity:
        """The propensity from its stored values."""
        rankers = {line: Ranker.from_artefact(ranker) for line, ranker in stored["rankers"].items()}
        return cls(stored["rates"], Encoder.from_artefact(stored["encoder"]), rankers)


def holds_something(frame: pd.DataFrame) -> Labels:
    """(rows,) whether anything is in force."""
    return (frame["policies_in_force"].fillna(0.0) > 0).to_numpy()


def kinds_of(frame: pd.DataFrame) -> list[str]:
    """(rows,) the kind of customer that rates are of: the type, former customers apart."""
    former = np.where(holds_something(frame), "", FORMER)
    return [f"{kind}{word}" for kind, word in zip(frame["customer_type"], former, strict=True)]


def fit(rung: str, frame: pd.DataFrame, bought: Labels, spec: NextProductSpec) -> Propensity:
    """Every line's rates, and what a rung above them learns of the lines that enough bought.

    Args:
        rung: of `RUNGS`.
        frame: customers of dates whose year is over: (rows, features).
        bought: (rows, lines), of `features.purchases`.
        spec: columns and guards.
    """
    holders = holds_something(frame)
    can, rows, taken = eligible(frame)[holders], frame[holders], bought[holders]
    encoder = Encoder.fit(rows, spec.features)
    matrix = encoder.transform(rows)
    kind = next((kind for kind in PLAIN if kind == rung), None)
    if kind is None:
        return Propensity(rates(frame, bought, spec), encoder, {})

    def of_line(at: int, kind: Kind) -> Ranker:
        return classifier.fit(kind, matrix[can[:, at]], taken[can[:, at], at], spec.seed, SMALL)

    told = [at for at in range(len(LINES)) if _is_told(taken[can[:, at], at], matrix, spec)]
    found = at_once([partial(of_line, at, kind) for at in told])
    rankers = {LINES[at]: ranker for at, ranker in zip(told, found, strict=True)}
    return Propensity(rates(frame, bought, spec), encoder, rankers)


def choose(frame: pd.DataFrame, bought: Labels, spec: NextProductSpec) -> str:
    """The rung that foresees the purchases of customers it has not seen best (log loss); rates where there are few."""
    fold, can = folds(frame["customer_key"]), eligible(frame)
    if len(np.unique(fold)) < FOLDS:
        return RATES
    unseen = {rung: np.zeros(can.shape) for rung in RUNGS}
    for number in range(FOLDS):
        own = fold == number
        for rung, chances in unseen.items():
            chances[own] = fit(rung, frame[~own], bought[~own], spec).chances(frame[own])
    return min(RUNGS, key=lambda rung: log_loss(bought[can], unseen[rung][can])) if can.any() else RATES


def rates(frame: pd.DataFrame, bought: Labels, spec: NextProductSpec) -> Rates:
    """Kind of customer → line → share of the eligible who bought; small kinds lean on everybody's share."""
    can, kinds = eligible(frame), np.array(kinds_of(frame), dtype=object)
    overall = _shares(bought, can)
    table = {EVERYBODY: dict(zip(LINES, overall.round(9).tolist(), strict=True))}
    for kind in sorted(set(kinds)):
        own = kinds == kind
        total = can[own].sum(axis=0) + spec.weight
        shares = (bought[own].sum(axis=0) + spec.weight * overall) / total
        table[kind] = dict(zip(LINES, shares.round(9).tolist(), strict=True))
    return table


def _shares(bought: Labels, can: Labels) -> Floats:
    return np.asarray(bought.sum(axis=0) / np.maximum(can.sum(axis=0), 1))


def _is_told(labels: Labels, matrix: Matrix, spec: NextProductSpec) -> bool:
    return matrix.shape[1] > 0 and min(int(labels.sum()), int((~labels).sum())) >= spec.least_buyers
