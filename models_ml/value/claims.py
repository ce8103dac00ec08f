"""Claims to come of cover of a year: how many (frequency) times how large (severity), levelled to the kind of cover.

    claims a year = level(kind) · λ(kind, premium) · (a + n) / (a + λ · e) · μ(kind, premium)

A kind is the product where it is known, else the line. λ is a Poisson and μ a Gamma regression with a logarithmic link
(McCullagh, Nelder 1989); n claims in e years correct λ by the policy's own record (Poisson–Gamma credibility: Bichsel
1964; Bühlmann, Gisler 2005), the less the more alike policies are (a). The level keeps the kind's total at its loss
ratio, which leans on the line's (`rates.loss_ratios`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.features import recurring_premium
from models_ml.common.encoding import Matrix
from models_ml.common.metrics import Floats
from models_ml.value.luck import ClaimsToCome
from models_ml.value.rates import UNKNOWN, kinds_of_cover, years_on_record
from models_ml.value.spec import ValueSpec

FEWEST = 100  # claims below which the kind's loss ratio is all that is known
RIDGE = 1e-3
ALIKE = 1e6  # credibility constant of policies between which no difference is seen
FURTHEST = 20.0  # times what is expected of a claim, when it is asked how far they spread
MOST_LIKE_KIND = 5.0  # times the kind's claims ratio that one policy may be expected to cost


@dataclass(frozen=True)
class Claims:
    """What is known of claims to come.

    Args:
        kinds: of cover, those seen, in the order of the coefficients; the premium's comes last.
        frequency, severity: intercept and coefficients of the logarithms; empty where there were too few claims.
        alike: a, the credibility constant.
        levels: kind → factor that brings Σ expected to the kind's loss ratio × premium.
        loss_ratios: kind or line → claims ÷ premium, for who has no policy yet, and where regression was not possible.
        spread_of_size: φ, squared coefficient of variation of what a claim costs, those that cost nothing too.
    """

    kinds: tuple[str, ...]
    middle: float
    frequency: list[float]
    severity: list[float]
    alike: float
    levels: dict[str, float]
    loss_ratios: dict[str, float]
    spread_of_size: float

    @classmethod
    def fit(cls, frame: pd.DataFrame, loss_ratios: dict[str, float], spec: ValueSpec) -> Claims:
        """Learn from the record of three years of short-term policies.

        Args:
            frame: policies with claims_count_3y, claims_paid_3y, policy_duration_months, premium, line and, where
                known, product_code.
            loss_ratios: of `rates.loss_ratios`.
            spec: years of the record.
        """
        short = frame[(frame["is_long_term"] != 1.0).to_numpy() & (recurring_premium(frame) > 0)]
        years, counts = years_on_record(short, spec), short["claims_count_3y"].fillna(0.0).to_numpy(dtype="float64")
        at_risk = years > 0
        short, years, counts = short[at_risk], years[at_risk], counts[at_risk]
        kinds = tuple(sorted(set(kinds_of_cover(short))))
        if counts.sum() < FEWEST:
            return cls(kinds, 0.0, [], [], ALIKE, {}, loss_ratios, 0.0)
        middle = float(np.log(recurring_premium(short)).mean())
        matrix = _matrix(short, kinds, middle)
        paid = short["claims_paid_3y"].fillna(0.0).to_numpy(dtype="float64")
        frequency = _poisson(matrix, counts, years)
        severity = _gamma(matrix, paid, counts)
        alike = credibility_constant(_said(matrix, frequency), years, counts)
        found = cls(kinds, middle, frequency, severity, alike, {}, loss_ratios, 0.0)
        found = replace(found, levels=found._levels(short, years, counts))
        return replace(found, spread_of_size=_spread(paid, counts, found._level(short) * found._size(short)))

    def _levels(self, frame: pd.DataFrame, years: Floats, counts: Floats) -> dict[str, float]:
        """Factor of each kind: what its loss ratio expects of the record's premium ÷ what the regressions do."""
        ours = self._rate(frame, years, counts) * self._size(frame) * years
        theirs = self.ratio_of_kind(frame) * recurring_premium(frame) * years
        table = pd.DataFrame({"kind": kinds_of_cover(frame).to_numpy(), "ours": ours, "theirs": theirs})
        sums = table.groupby("kind")[["ours", "theirs"]].sum()
        levels = {str(kind): float(row["theirs"] / row["ours"]) for kind, row in sums.iterrows()}
        return levels | {UNKNOWN: float(table["theirs"].sum() / table["ours"].sum())}

    def yearly(self, frame: pd.DataFrame, spec: ValueSpec) -> Floats:
        """Claims a year expected of each policy: (rows,), money.

        Args:
            frame: as for `fit`; without a record, the kind and premium say all.
            spec: years of the record.
        """
        of_kind = self.ratio_of_kind(frame) * recurring_premium(frame)
        if not self.frequency:
            return of_kind
        counts = frame["claims_count_3y"].fillna(0.0).to_numpy(dtype="float64")
        ours = self._level(frame) * self._rate(frame, years_on_record(frame, spec), counts) * self._size(frame)
        bounded = np.where(recurring_premium(frame) > 0, np.minimum(ours, MOST_LIKE_KIND * of_kind), 0.0)
        return np.asarray(bounded, dtype="float64")

    def ratio(self, frame: pd.DataFrame, spec: ValueSpec) -> Floats:
        """Claims ÷ premium expected of each policy: (rows,); the kind's where no premium falls due."""
        premium = recurring_premium(frame)
        ratio = self.yearly(frame, spec) / np.maximum(premium, 0.01)
        return np.asarray(np.where(premium > 0, ratio, self.ratio_of_kind(frame)), dtype="float64")

    def to_come(self, frame: pd.DataFrame, spec: ValueSpec) -> ClaimsToCome:
        """How claims may turn out, of cover of a year; where nothing is known of their number, as expected."""
        share = np.where((frame["is_long_term"] == 1.0).to_numpy(), 0.0, self.ratio(frame, spec))
        if not self.frequency:
            return replace(ClaimsToCome.none(len(frame)), share=share, number=np.full(len(frame), np.inf))
        counts = frame["claims_count_3y"].fillna(0.0).to_numpy(dtype="float64")
        return ClaimsToCome(share, self.frequency_of(frame, spec), self.alike + counts, self.spread_of_size)

    def frequency_of(self, frame: pd.DataFrame, spec: ValueSpec) -> Floats:
        """Claims a year by kind, premium and the policy's own record: (rows,), a number."""
        counts = frame["claims_count_3y"].fillna(0.0).to_numpy(dtype="float64")
        return self._rate(frame, years_on_record(frame, spec), counts)

    def _rate(self, frame: pd.DataFrame, years: Floats, counts: Floats) -> Floats:
        prior = _said(_matrix(frame, self.kinds, self.middle), self.frequency)
        return prior * (self.alike + counts) / (self.alike + prior * years)

    def _level(self, frame: pd.DataFrame) -> Floats:
        levels = kinds_of_cover(frame).map(self.levels).fillna(self.levels[UNKNOWN])
        return np.asarray(levels, dtype="float64")

    def _size(self, frame: pd.DataFrame) -> Floats:
        return _said(_matrix(frame, self.kinds, self.middle), self.severity)

    def ratio_of_kind(self, frame: pd.DataFrame) -> Floats:
        """Claims ÷ premium of the kind of cover, whoever holds it: (rows,)."""
        ratios = kinds_of_cover(frame).map(self.loss_ratios).fillna(self.loss_ratios[UNKNOWN])
        return np.asarray(ratios, dtype="float64")

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {
            "kinds": list(self.kinds),
            "middle": self.middle,
            "frequency": self.frequency,
            "severity": self.severity,
            "alike": self.alike,
            "levels": self.levels,
            "loss_ratios": self.loss_ratios,
            "spread_of_size": self.spread_of_size,
        }

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Claims:
        """The claims model from its stored values."""
        return cls(**(stored | {"kinds": tuple(stored["kinds"])}))


def credibility_constant(rate: Floats, years: Floats, counts: Floats) -> float:
    """How alike policies of one expected number are, a of their Gamma by moments: E[(n − λe)² − n] = (λe)² / a.

    Args:
        rate, years, counts: λ, e and n (rows,).
    """
    expected = rate * years
    beyond = float(((counts - expected) ** 2 - counts).sum())
    return float(min(ALIKE, (expected**2).sum() / beyond)) if beyond > 0 else ALIKE


def _spread(paid: Floats, counts: Floats, size: Floats) -> float:
    """φ by Pearson's statistic: the mean of n (paid ÷ nμ − 1)² over policies with claims.

    A ratio is taken to be `FURTHEST` at most: one catastrophe would otherwise say of everybody that most claims are
    nothing.

    Args:
        paid, counts: claims of each policy, money and n (rows,).
        size: μ, what a claim is expected to cost (rows,).
    """
    some = counts > 0
    about = np.minimum(paid[some] / (counts[some] * size[some]), FURTHEST) - 1
    return float((counts[some] * about**2).mean())


def _matrix(frame: pd.DataFrame, kinds: tuple[str, ...], middle: float) -> Matrix:
    """(rows, kinds + 1): which kind, and the logarithm of the premium about its mean."""
    of = kinds_of_cover(frame).to_numpy(dtype=object)
    columns = [(of == kind).astype("float64") for kind in kinds]
    premium = np.log(np.maximum(recurring_premium(frame), 1.0)) - middle
    return np.column_stack([*columns, premium])


def _said(matrix: Matrix, stored: list[float]) -> Floats:
    return np.asarray(np.exp(stored[0] + matrix @ np.asarray(stored[1:])))


def _poisson(matrix: Matrix, counts: Floats, years: Floats) -> list[float]:
    from sklearn.linear_model import PoissonRegressor

    fitted = PoissonRegressor(alpha=RIDGE, max_iter=500).fit(matrix, counts / years, sample_weight=years)
    return [float(fitted.intercept_), *map(float, fitted.coef_)]


def _gamma(matrix: Matrix, paid: Floats, counts: Floats) -> list[float]:
    """Only of claims that were paid: one that costs nothing is part of the level."""
    from sklearn.linear_model import GammaRegressor

    cost = (counts > 0) & (paid > 0)
    size = paid[cost] / counts[cost]
    # The regressor starts from nought: in units of the mean it has not far to go.
    unit = float(size.mean())
    fitted = GammaRegressor(alpha=RIDGE, max_iter=500).fit(matrix[cost], size / unit, sample_weight=counts[cost])
    return [float(fitted.intercept_) + float(np.log(unit)), *map(float, fitted.coef_)]
