"""How good a score is, by the glossary's measures. Pure functions of outcomes and probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.common.guards import Labels

Floats = NDArray[np.float64]
_TINY = 1e-6
Z_95 = 1.959964  # of the normal distribution, two-sided


def auc(labels: Labels, score: Floats) -> float | None:
    """Area under the ROC curve by ranks (Mann–Whitney); None for a single class."""
    from scipy.stats import rankdata

    positive = int(labels.sum())
    negative = labels.size - positive
    if not positive or not negative:
        return None
    ranks = rankdata(score)
    return float((ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * negative))


def auc_interval(labels: Labels, score: Floats, *, seed: int, resamples: int = 200) -> tuple[float, float] | None:
    """The bootstrap's 95 % interval of the AUC (percentiles, seeded)."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        at = generator.integers(0, labels.size, labels.size)
        value = auc(labels[at], score[at])
        if value is not None:
            found.append(value)
    if len(found) < resamples // 2:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def log_loss(labels: Labels, p: Floats) -> float:
    """Mean negative log likelihood; probabilities are kept off 0 and 1 by a millionth."""
    q = np.clip(p, _TINY, 1 - _TINY)
    return float(-np.mean(np.where(labels, np.log(q), np.log(1 - q))))


def top_rows(score: Floats, share: float) -> NDArray[np.intp]:
    """Positions of the highest `share` of scores (at least one); ties by position."""
    wanted = max(1, round(score.size * share))
    return np.argsort(-score, kind="stable")[:wanted]


def deciles(labels: Labels, p: Floats) -> list[dict[str, float | None]]:
    """Expected and actual exits in ten groups of rising score.

    Returns:
        expected, actual, expected_over_actual (None without an exit) and its interval, expected_over_actual_low and
        _high, see `ratio_interval`.
    """
    table: list[dict[str, float | None]] = []
    for rows in np.array_split(np.argsort(p, kind="stable"), 10):
        expected, actual = float(p[rows].sum()), float(labels[rows].sum())
        low, high = ratio_interval(expected, actual, rows.size)
        table.append(
            {
                "expected": round(expected, 6),
                "actual": actual,
                "expected_over_actual": _round(expected / actual if actual else None),
                "expected_over_actual_low": _round(low),
                "expected_over_actual_high": _round(high),
            }
        )
    return table


def ratio_interval(expected: float, actual: float, rows: int) -> tuple[float | None, float | None]:
    """95 % interval of expected ÷ actual exits of some rows: by Wilson's score interval of their share of exits.

    Rows count as independent; the expected exits as fixed. None where there is no limit: no rows, or no exit.
    """
    if not rows:
        return None, None
    share, per_row = actual / rows, Z_95**2 / rows
    middle = share + per_row / 2
    reach = float(np.sqrt(per_row * (share * (1 - share) + per_row / 4)))
    least, most = (rows * (middle + side * reach) / (1 + per_row) for side in (-1, 1))
    return expected / most, expected / least if actual else None


def evaluate(labels: Labels, p: Floats) -> dict[str, Any]:
    """The measures of a probability on rows it was not fitted to.

    Returns:
        rows, rate, auc, pr_auc, brier, log_loss, expected_over_actual, lift_10, capture_10 (None where undefined)
        and `deciles`, the table behind the calibration.
    """
    from sklearn.metrics import average_precision_score

    actual = float(labels.sum())
    top = top_rows(p, 0.1)
    rate = actual / labels.size
    return {
        "rows": int(labels.size),
        "rate": _round(rate),
        "auc": _round(auc(labels, p)),
        "pr_auc": _round(float(average_precision_score(labels, p)) if actual else None),
        "brier": _round(float(np.mean((p - labels) ** 2))),
        "log_loss": _round(log_loss(labels, p)),
        "expected_over_actual": _round(float(p.sum()) / actual if actual else None),
        "lift_10": _round(float(labels[top].mean()) / rate if rate else None),
        "capture_10": _round(float(labels[top].sum()) / actual if actual else None),
        "deciles": deciles(labels, p),
    }


def money_error(actual: Floats, expected: Floats) -> dict[str, float | None]:
    """Mean absolute error, Spearman's rank correlation and Σ expected ÷ Σ actual of an amount of money."""
    from scipy.stats import spearmanr

    varies = np.unique(actual).size > 1 and np.unique(expected).size > 1
    total = float(actual.sum())
    return {
        "mae": _round(float(np.mean(np.abs(expected - actual)))) if actual.size else None,
        "spearman": _round(float(spearmanr(actual, expected).statistic)) if varies else None,
        "expected_over_actual": _round(float(expected.sum()) / total) if total else None,
    }


def _round(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(value, 6)
