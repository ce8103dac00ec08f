"""Whether a score treats groups alike. Groups are read for this report only; no model learns from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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


def grouped(found: pd.DataFrame) -> pd.DataFrame:
    """The `GROUPS` of rows (words, None where unknown): an enterprise has neither sex nor age and is one of its own.

    Args:
        found: (rows,) customer_type, sex, age_years.
    """
    banded = found.assign(age_band=age_bands(found["age_years"]))[list(GROUPS)]
    banded.loc[(found["customer_type"] == ENTERPRISE).to_numpy(), list(GROUPS)] = ENTERPRISE
    return banded


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
    merged = merge_small(groups)
    return {str(name): _measures(labels[merged == name], p[merged == name], selected[merged == name])
            for name in np.unique(merged)}  # fmt: skip


def shares(groups: pd.Series, got: NDArray[np.object_], words: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each group gets: group → rows, and for each word the share of the group that has it.

    Args:
        groups: see `by_group`.
        got: (rows,) the word that each row got, a grade or the like.
        words: all that there are.
    """
    merged = merge_small(groups)
    parts = {str(name): got[merged == name] for name in np.unique(merged)}
    return {
        name: {"rows": own.size, **{word: round(float((own == word).mean()), 6) for word in words}}
        for name, own in parts.items()
    }


def merge_small(groups: pd.Series) -> NDArray[np.object_]:
    """Each row's group as a word (rows,): None as `unknown`, groups of fewer than 50 rows together as `others`."""
    named = groups.where(groups.notna(), "unknown").astype(str).to_numpy()
    names, place, counts = np.unique(named, return_inverse=True, return_counts=True)
    return np.where(counts < FEWEST, "others", names)[place].astype(object)


def uneven(report: dict[str, dict[str, dict[str, Any]]]) -> dict[str, float]:
    """Groups of which half as many again are expected to leave as did, or the other way round: words → the ratio.

    Args:
        report: attribute → group → what `by_group` says.
    """
    found = {
        f"{attribute} {name}": float(measures["expected_over_actual"])
        for attribute, groups in report.items()
        for name, measures in groups.items()
        if measures["rows"] >= TOLD_OF and measures.get("expected_over_actual") is not None
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
