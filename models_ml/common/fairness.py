"""Whether a score treats groups alike. Groups are read for this report only; no model learns from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from models_ml.common.guards import Labels
from models_ml.common.metrics import Floats, top_rows

SELECTED = 0.1
FEWEST = 50
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
