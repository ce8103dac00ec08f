"""Popularity of lines by kind of customer, tested a year later."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from models_ml.common.runs import Trained
from models_ml.next_product.score import recommend
from models_ml.next_product.spec import LINES, MODEL_NAME

if TYPE_CHECKING:
    import pandas as pd

Popularity = dict[str, dict[str, float]]


def popularity(holdings: pd.DataFrame, *, by_type: bool = True) -> Popularity:
    """Share of customers who hold each line, by kind of customer (or of all, as the plain baseline)."""
    flags = [f"holds_{line}" for line in LINES]
    overall = holdings[flags].mean()
    found: Popularity = {}
    for kind in ("person", "enterprise"):
        chosen = holdings[holdings["customer_type"] == kind]
        shares = chosen[flags].mean() if by_type and len(chosen) else overall
        found[kind] = {line: float(shares[f"holds_{line}"]) for line in LINES}
    return found


def success_at(holdings: pd.DataFrame, bought: pd.DataFrame, shares: Popularity, k: int) -> float:
    """Share of customers who bought a line they did not hold, for whom one of the first k was such a line."""
    lines = recommend(holdings.assign(marketing_consent=1.0), shares, k)
    pairs = set(zip(lines["customer_key"], lines["line_of_business"], strict=True))
    long = holdings.melt("customer_key", [f"holds_{line}" for line in LINES], "line_of_business", "held")
    held = long[long["held"] > 0]
    holds = set(zip(held["customer_key"], held["line_of_business"].str.removeprefix("holds_"), strict=True))
    known = set(holdings["customer_key"])
    new = [
        (c, line)
        for c, line in zip(bought["customer_key"], bought["line_of_business"], strict=True)
        if c in known and (c, line) not in holds
    ]
    buyers = {c for c, _ in new}
    return len({pair[0] for pair in new if pair in pairs}) / len(buyers) if buyers else 0.0


def train(now: pd.DataFrame, before: pd.DataFrame, bought: pd.DataFrame, as_of_date: date) -> Trained:
    """Popularity of today, with what the same rule would have found a year ago.

    Args:
        now: holdings of the date; before: holdings a year earlier; bought: purchases of the year between.
    """
    figures: dict[str, Any] = {"buyers": int(bought["customer_key"].nunique())}
    plain: dict[str, Any] = {}
    for k in (1, 3):
        figures[f"success_at_{k}"] = success_at(before, bought, popularity(before), k)
        plain[f"success_at_{k}"] = success_at(before, bought, popularity(before, by_type=False), k)
    content = {"popularity": popularity(now)}
    return Trained(MODEL_NAME, content, figures, {"most_popular_overall": plain}, len(now), as_of_date, as_of_date)
