"""How good a score is against true chances, without the luck of one draw of outcomes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate
from customer_knowledge.warehouse.connections import SIMULATOR, connect, warehouse

EDGE = 1e-4


def policy_keys(profile: Profile) -> dict[int, str]:
    """policy_id of the source → policy_key."""
    with connect("policy_admin", SIMULATOR) as source:
        numbers = source.execute("select policy_id, policy_no from policy").fetchall()
    with warehouse(profile) as connection:
        known = dict(connection.execute("select policy_number, policy_key from core.dim_policy").fetchall())
    return {policy: known[number] for policy, number in numbers if number in known}


def chances(profile: Profile, day: date) -> pd.DataFrame:
    """True chance to leave within a year of the day (true), and whether that happened (0 or 1), by policy_key."""
    keys = policy_keys(profile)
    with connect(simulate.TRUTH, SIMULATOR) as truth:
        rows = truth.execute(
            "select policy_id, probability::float, exits::integer from truth.policy_hazard where as_of_date = %s",
            (day,),
        ).fetchall()
    known = [(keys[policy], chance, left) for policy, chance, left in rows if policy in keys]
    return pd.DataFrame(known, columns=["policy_key", "true", "happened"]).set_index("policy_key")


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
