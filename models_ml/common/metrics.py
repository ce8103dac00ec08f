"""How good a probability or an amount is; every formula has its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RESAMPLES = 200


def classification(actual: Array, probability: Array, seed: int) -> dict[str, Any]:
    """Discrimination, calibration and lift of a probability.

    AUC with a percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13), average precision, Brier score,
    expected over actual in total and by decile, share of events in the riskiest tenth over the overall share.
    """
    import numpy as np
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    low, high = _auc_interval(actual, probability, seed)
    deciles = expected_over_actual_by_decile(actual, probability)
    return {
        "rows": len(actual),
        "event_rate": float(actual.mean()),
        "auc": float(roc_auc_score(actual, probability)),
        "auc_low": low,
        "auc_high": high,
        "pr_auc": float(average_precision_score(actual, probability)),
        "brier": float(brier_score_loss(actual, probability)),
        "expected_over_actual": float(probability.sum() / actual.sum()),
        "worst_decile_low": min(deciles),
        "worst_decile_high": max(deciles),
        "expected_over_actual_by_decile": deciles,
        "lift_10": lift(actual, probability, 0.1),
        "log_loss": float(-np.mean(np.where(actual > 0, np.log(probability + 1e-12), np.log(1 - probability + 1e-12)))),
    }


def _auc_interval(actual: Array, probability: Array, seed: int) -> tuple[float, float]:
    import numpy as np

    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES):
        chosen = rng.integers(0, len(actual), len(actual))
        if 0 < actual[chosen].sum() < len(chosen):
            scores.append(fast_auc(actual[chosen], probability[chosen]))
    low, high = np.quantile(scores, [0.025, 0.975])
    return float(low), float(high)


def fast_auc(actual: Array, probability: Array) -> float:
    """AUC by ranks (Mann & Whitney 1947), ties sharing their mean rank."""
    from scipy.stats import rankdata

    ranks = rankdata(probability)
    events = actual.sum()
    return float((ranks[actual > 0].sum() - events * (events + 1) / 2) / (events * (len(actual) - events)))


def expected_over_actual_by_decile(actual: Array, probability: Array) -> list[float]:
    """Sum of probabilities over events in each tenth, least risky first."""
    import numpy as np

    parts = np.array_split(np.argsort(probability, kind="stable"), 10)
    return [float(probability[part].sum() / max(actual[part].sum(), 1)) for part in parts]


def lift(actual: Array, probability: Array, share: float) -> float:
    """Event rate in the riskiest share over the overall rate."""
    import numpy as np

    top = np.argsort(-probability, kind="stable")[: max(1, int(len(actual) * share))]
    return float(actual[top].mean() / actual.mean())


def amounts(actual: Array, predicted: Array) -> dict[str, float]:
    """Mean absolute error, rank correlation and bias of predicted amounts."""
    import numpy as np
    from scipy.stats import spearmanr

    return {
        "mae": float(np.abs(actual - predicted).mean()),
        "spearman": float(spearmanr(actual, predicted).statistic),
        "bias": float(predicted.sum() / actual.sum()) if actual.sum() else 0.0,
    }


def grade(metrics: dict[str, Any], baseline: dict[str, Any]) -> str:
    """A to D by lift, calibration and gain over the baseline; thresholds as in docs/measures.md."""
    eo, lift_10 = metrics["expected_over_actual"], metrics["lift_10"]
    better = metrics["log_loss"] < baseline["log_loss"]
    if lift_10 >= 3 and 0.95 <= eo <= 1.05 and metrics["worst_decile_low"] >= 0.8 and better:
        return "A"
    if lift_10 >= 2 and 0.9 <= eo <= 1.1 and better:
        return "B"
    return "C" if better else "D"
