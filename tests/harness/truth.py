"""How good a score is against true chances, without the luck of one draw of outcomes."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

EDGE = 1e-4


def expected_auc(score: np.ndarray, chance: np.ndarray) -> float:
    """Share of pairs of one who leaves and one who stays that the score orders rightly, ties half; (rows,) each.

    Pairs weigh by chance_i · (1 − chance_j): the AUC to be expected of endless draws of outcomes.
    """
    order = np.argsort(score, kind="stable")
    s, leaves, stays = score[order], chance[order], 1 - chance[order]
    before = np.concatenate([[0.0], np.cumsum(stays)])
    low, high = np.searchsorted(s, s, "left"), np.searchsorted(s, s, "right")
    right = leaves * (before[low] + (before[high] - before[low]) / 2)
    with_itself = leaves * stays
    return float((right - with_itself / 2).sum() / (leaves.sum() * stays.sum() - with_itself.sum()))


def calibration_slope(score: np.ndarray, chance: np.ndarray) -> float:
    """Slope of the true log-odds on the score's, by logistic regression weighted by the true chances; 1 is right."""
    p = np.clip(score, EDGE, 1 - EDGE)
    odds = np.log(p / (1 - p)).reshape(-1, 1)
    outcomes = np.r_[np.ones(len(p)), np.zeros(len(p))]
    fitted = LogisticRegression(C=1e6).fit(np.vstack([odds, odds]), outcomes, sample_weight=np.r_[chance, 1 - chance])
    return float(fitted.coef_[0, 0])


def drawn_auc(score: np.ndarray, outcomes: np.ndarray) -> float:
    """AUC of one draw of outcomes, by ranks."""
    ranks, positive = rankdata(score), int(outcomes.sum())
    return float((ranks[outcomes].sum() - positive * (positive + 1) / 2) / (positive * (len(score) - positive)))
