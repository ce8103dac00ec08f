"""Whether a score treats groups alike. Groups are read for this report only; no model learns from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats, top_rows

SELECTED = 0.1
FEWEST = 50
TOLD_OF = 100  # rows from which a group's level is worth a warning
UNEVEN = 1.5  # expected over actual exits, or the other way round
ENTERPRISE = "enterprise"
GROUPS = ("customer_type", "sex", "age_band")
AGES = (0, 30, 40, 50, 60, 200)


def age_bands(age_years: pd.Series) -> pd.Series:
    """Bands of age in years: under 30, 30-39, …, 60 and over; `unknown` where it is not known."""
    names = ["under 30", "30-39", "40-49", "50-59", "60 and over"]
    bands = pd.cut(age_years.astype("float64"), AGES, right=False, labels=names).astype(object)
    return bands.where(bands.notna(), "unknown")


def by_group(groups: pd.Series, labels: Labels, p: Floats) -> dict[str, dict[str, Any]]:
    """How each group fares when the highest tenth of scores is acted on.

    Args:
        groups: (rows,) name of each row's group; None counts as `unknown`.
        labels: (rows,) outcomes.
        p: (rows,) chances.

    Returns:
        group → rows, rate, mean_score, expected_over_actual, selected (share of the group in the highest tenth),
        found (share of its exits that are in it); groups of fewer than 50 rows stand together as `others`.
    """
    selected = np.zeros(p.size, dtype=bool)
    selected[top_rows(p, SELECTED)] = True
    named = groups.where(groups.notna(), "unknown").astype(str).to_numpy()
    names, place, counts = np.unique(named, return_inverse=True, return_counts=True)
    merged = np.where(counts < FEWEST, "others", names)[place]
    return {str(name): _measures(labels[merged == name], p[merged == name], selected[merged == name])
            for name in np.unique(merged)}  # fmt: skip


def uneven(report: dict[str, dict[str, dict[str, Any]]]) -> dict[str, float]:
    """Groups of which half as many again are expected to leave as did, or the other way round: name → the ratio.

    Args:
        report: attribute → group → what `by_group` says.
    """
    found = {
        name: float(measures["expected_over_actual"])
        for groups in report.values()
        for name, measures in groups.items()
        if measures["rows"] >= TOLD_OF and measures["expected_over_actual"] is not None
    }
    return {name: ratio for name, ratio in found.items() if not 1 / UNEVEN <= ratio <= UNEVEN}


def _measures(labels: Labels, p: Floats, selected: Labels) -> dict[str, Any]:
    exits = int(labels.sum())
    return {
        "rows": int(labels.size),
        "rate": round(float(labels.mean()), 6),
        "mean_score": round(float(p.mean()), 6),
        "expected_over_actual": round(float(p.sum()) / exits, 6) if exits else None,
        "selected": round(float(selected.mean()), 6),
        "found": round(float(selected[labels].mean()), 6) if exits else None,
    }
