"""What a premium becomes: how much of it comes in from who stays or leaves, and how much of it is margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from models_ml.churn.features import recurring_premium
from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats
from models_ml.value.luck import Premiums
from models_ml.value.spec import ValueSpec

FEWEST = 30  # units below which a kind of payment leans on all
UNKNOWN = "unknown"
PRICE_FIXED, PRICE_NEW = " long-term", " short-term"  # added to a premium mode: whether its price stays
SEEN = 200  # quantiles that stand for all ratios seen


@dataclass(frozen=True)
class Collection:
    """Premium that came in within the horizon ÷ premium that fell due in it, of those who stayed and who left.

    Args:
        stay, leave: kind of payment, and premium mode → the ratio.
        renewal_rate: share who stay, of all.
        staying, leaving: kind of payment → ratios of single units about `stay` and `leave`, as quantiles that weigh
            by premium; none where there were too few.
    """

    stay: dict[str, float]
    leave: dict[str, float]
    renewal_rate: float
    staying: dict[str, list[float]]
    leaving: dict[str, list[float]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, labels: Labels) -> Collection:
        """Learn on units whose outcome and next premium are known."""
        known = frame["next_premium"].notna().to_numpy()
        (stay, staying), (leave, leaving) = _ratios(frame[known & ~labels]), _ratios(frame[known & labels])
        return cls(stay, leave, float(1 - labels.mean()), staying, leaving)

    def paths(self, discounts: Sequence[float], seed: int) -> Premiums:
        """How the premiums of the years ahead may turn out about what is expected."""
        keeps = {kind: kind.endswith(PRICE_FIXED) for kind in self.staying}
        return Premiums.of(self.staying, self.leaving, keeps, discounts, seed)

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return asdict(self)

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> Collection:
        """From a stored payload, which holds other things too."""
        return cls(**{part.name: stored[part.name] for part in fields(cls)})

    def expected(self, frame: pd.DataFrame, p: Floats) -> Floats:
        """Premium expected within the horizon: (rows,), money; of a last part of a year, that part."""
        return self.of_full_year(frame, p) * share_due(frame)

    def of_full_year(self, frame: pd.DataFrame, p: Floats) -> Floats:
        """Premium expected of a year in which all of it falls due: (rows,), money.

        premium × [(1 − p) · ratio of who stays + p · ratio of who leaves].
        """
        return (1 - p) * self.yearly(frame) + p * self.of_leavers(frame)

    def of_leavers(self, frame: pd.DataFrame) -> Floats:
        """Premium within the horizon of who leaves in it: (rows,), money."""
        return recurring_premium(frame) * _lookup(frame, self.leave)

    def yearly(self, frame: pd.DataFrame) -> Floats:
        """Premium a year of who stays: (rows,), money."""
        return recurring_premium(frame) * _lookup(frame, self.stay)

    def naive(self, frame: pd.DataFrame) -> Floats:
        """The baseline: premium × the overall renewal rate, the same for all: (rows,), money."""
        return recurring_premium(frame) * self.renewal_rate


def share_due(frame: pd.DataFrame) -> Floats:
    """The share of a year's premium that still falls due within a year: (rows,), 1 where no end of payment is known."""
    left = frame["premium_years_left"].to_numpy(dtype="float64")
    return np.where(np.isfinite(left), np.clip(left, 0.0, 1.0), 1.0)


def _ratios(frame: pd.DataFrame) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Ratio of sums of each kind of payment and mode, and quantiles of single units' ratios about the kind's."""
    premium = recurring_premium(frame) * share_due(frame)
    table = pd.DataFrame(
        {
            "kind": kinds_of_payment(frame),
            "mode": _modes(frame),
            "due": premium,
            "came": np.where(premium > 0, frame["next_premium"].fillna(0.0), 0.0),
        }
    )
    total = float(table["due"].sum())
    found = {UNKNOWN: float(table["came"].sum()) / total if total else 0.0}
    single: dict[str, list[float]] = {}
    table = table[table["due"] > 0]
    for of in ("mode", "kind"):
        for name, part in table.groupby(of):
            if len(part) < FEWEST:
                continue
            found[str(name)] = ratio = float(part["came"].sum() / part["due"].sum())
            if ratio and of == "kind":
                single[str(name)] = _quantiles(part["came"] / part["due"] / ratio, part["due"])
    return found, single


def _quantiles(values: pd.Series, weights: pd.Series) -> list[float]:
    order = np.argsort(values.to_numpy(), kind="stable")
    reached = np.cumsum(weights.to_numpy()[order])
    places = np.searchsorted(reached, (np.arange(SEEN) + 0.5) / SEEN * reached[-1])
    return [float(value) for value in values.to_numpy()[order][places]]


def kinds_of_payment(frame: pd.DataFrame) -> pd.Series:
    """Premium mode of each row, and whether its price is fixed, where that is known: (rows,)."""
    modes = _modes(frame)
    if "is_long_term" not in frame:
        return modes
    fixed = frame["is_long_term"]
    return modes.str.cat(np.select([fixed == 1.0, fixed == 0.0], [PRICE_FIXED, PRICE_NEW], ""))


def _modes(frame: pd.DataFrame) -> pd.Series:
    return frame["premium_mode"].fillna(UNKNOWN).astype(str)


def _lookup(frame: pd.DataFrame, ratios: dict[str, float]) -> Floats:
    found = kinds_of_payment(frame).map(ratios).fillna(_modes(frame).map(ratios)).fillna(ratios[UNKNOWN])
    return np.asarray(found, dtype="float64")


def kinds_of_cover(frame: pd.DataFrame) -> pd.Series:
    """Product of each row where it is known, else the line: what claims are told by; (rows,)."""
    lines = frame["line_of_business"].fillna(UNKNOWN).astype(str)
    return frame["product_code"].fillna(lines).astype(str) if "product_code" in frame else lines


def loss_ratios(current: pd.DataFrame, spec: ValueSpec) -> dict[str, float]:
    """Claims paid in three years ÷ premium of the same time, of short-term business, by line and by product.

    (claims + w · ratio above) ÷ (premium + w), w = `weight` policies of the group's average premium; above a product
    is its line, above a line the portfolio. Cut at `highest_loss_ratio`.
    """
    short = current[current["is_long_term"] != 1.0]
    table = pd.DataFrame(
        {
            "line": short["line_of_business"].fillna(UNKNOWN).astype(str),
            "kind": kinds_of_cover(short),
            "premium": recurring_premium(short) * years_on_record(short, spec),
            "claims": short["claims_paid_3y"].fillna(0.0).to_numpy(),
        }
    )
    premium, claims = float(table["premium"].sum()), float(table["claims"].sum())
    overall = min(claims / premium if premium else 0.0, spec.highest_loss_ratio)
    lines = {str(line): _leaning(part, overall, spec) for line, part in table.groupby("line")}
    kinds = {str(kind): _leaning(part, lines[part["line"].iloc[0]], spec) for kind, part in table.groupby("kind")}
    return {UNKNOWN: overall} | kinds | lines


def _leaning(part: pd.DataFrame, above: float, spec: ValueSpec) -> float:
    premium = float(part["premium"].sum())
    if not premium:
        return above
    weight = spec.weight * premium / len(part)
    return min((float(part["claims"].sum()) + weight * above) / (premium + weight), spec.highest_loss_ratio)


def years_on_record(frame: pd.DataFrame, spec: ValueSpec) -> Floats:
    """Years of the claims record that each policy was there for: (rows,), at most `years_of_claims`."""
    months = frame["policy_duration_months"].fillna(0).to_numpy(dtype="float64")
    return np.clip(months * 30 / 365.25, 0, spec.years_of_claims)


def commission_rate(customers: pd.DataFrame) -> float:
    """Commission so far ÷ premium received so far, of the whole portfolio."""
    premium = float(customers["premium_received_to_date"].sum())
    return float(customers["commission_to_date"].sum()) / premium if premium else 0.0


def margin_rate(frame: pd.DataFrame, losses: Floats, payload: dict[str, Any], spec: ValueSpec) -> Floats:
    """Share of premium that is margin before service: (rows,).

    Long-term: the declared factor. Short-term: 1 − claims ÷ premium − commission rate.

    Args:
        frame: is_long_term, where known.
        losses: (rows,) claims ÷ premium expected of short-term cover.
        payload: what training learnt.
        spec: the declared factor.
    """
    is_long = (frame["is_long_term"] == 1.0).to_numpy() if "is_long_term" in frame else np.zeros(len(frame), dtype=bool)
    return np.where(is_long, spec.long_term_margin, 1 - losses - float(payload["commission_rate"]))
