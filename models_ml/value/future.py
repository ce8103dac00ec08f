"""Margin still to come from what is in force: contractual value by survival, year by year (glossary: contractual CLV).

    inforce_H = Σ_{t=1..H} (1 + r_t)^−(t−½) · S(t) · premium · collected · margin

The first year's survival is the churn model's. Later years have the cohort table's level at the age the policy will
have, and so much of what sets the policy apart today as lasts (`persistence`). Nothing is earned after the last premium
or maturity; negative margins stay negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.churn.cohort import CohortTable
from models_ml.common.classifier import logit, sigmoid
from models_ml.common.metrics import Floats
from models_ml.value.spec import ValueSpec

DAYS_A_YEAR = 365.25
FURTHEST = 20.0  # log-odds between which a level is looked for


@dataclass(frozen=True)
class Years:
    """Chance to be in force in each year ahead, discounted to the middle of the year.

    Args:
        renews: (rows, years) chance to stay through a year of who was there at its beginning; the first year's is 1.
        discounted: (rows, years) what a unit of premium of the year is worth, less what falls due no more.
        lasting: (rows, years) the same of a year of cover, less what maturity leaves out.
        stays: (rows,) chance to stay through the first year.
    """

    renews: Floats
    discounted: Floats
    lasting: Floats
    stays: Floats

    @property
    def kept(self) -> Floats:
        """(rows, years) given that the policy stays through the first year."""
        return np.asarray(np.cumprod(self.renews, axis=1) * self.discounted)

    def annuity(self, horizon: int) -> Floats:
        """Discounted years in force within the horizon: (rows,). Who leaves in the first year is there half of it."""
        kept = np.cumprod(self.renews, axis=1) * self.lasting
        return np.asarray(kept[:, 0] * (0.5 + 0.5 * self.stays) + self.stays * kept[:, 1:horizon].sum(axis=1))


@dataclass(frozen=True)
class Lasting:
    """What later years keep of a unit's distance from its cohort.

    Args:
        share: of the distance in log-odds, 0 to 1.
        levels: what is added in each year ahead, so that all leave as often as the cohorts do: who is left at an age
            are the steady, and the cohort's rate at that age knows it already.
    """

    share: float
    levels: tuple[float, ...]


NOTHING_LASTS = Lasting(0.0, (0.0,) * 10)


def levelled(units: pd.DataFrame, cohort: CohortTable, share: float, horizon: int) -> Lasting:
    """The levels with which, of all units together, as many of those still there leave in each year as by the cohort.

    Args:
        units: as for `years`.
        cohort: exits of a year by line and age of the policy.
        share: what lasts.
        horizon: years ahead.
    """
    apart, there = share * set_apart(units, cohort), 1 - units["p_churn"].to_numpy(dtype="float64")
    levels = [0.0]
    for year in range(1, horizon):
        rate = cohort.predict(later(units, year))
        levels.append(_level(logit(rate) + apart, there, float((there * rate).sum())) if share else 0.0)
        there = there * (1 - sigmoid(logit(rate) + apart + levels[-1]))
    return Lasting(share, tuple(levels))


def _level(log_odds: Floats, there: Floats, leaving: float) -> float:
    """What added to the log-odds has so many leave of those there."""
    from scipy.optimize import brentq

    def beyond(level: float) -> float:
        return float((there * sigmoid(log_odds + level)).sum()) - leaving

    return float(brentq(beyond, -FURTHEST, FURTHEST))


def years(units: pd.DataFrame, cohort: CohortTable, spec: ValueSpec, lasts: Lasting = NOTHING_LASTS) -> Years:
    """Survival of units over the longest horizon.

        log-odds to leave in year t = cohort's at that age + level(t) + share · (churn model's − cohort's, first year)

    Args:
        units: p_churn, policy_duration_months, line_of_business, days_to_maturity, premium_years_left; one row a unit.
        cohort: exits of a year by line and age of the policy.
        spec: horizon and discounts.
        lasts: what stays with a unit.
    """
    horizon = max(spec.horizons)
    apart = lasts.share * set_apart(units, cohort)
    covered = units["days_to_maturity"].to_numpy(dtype="float64") / DAYS_A_YEAR
    paid = np.fmin(covered, units["premium_years_left"].to_numpy(dtype="float64"))
    renews = np.ones((len(units), horizon))
    for year in range(horizon):
        if year:
            renews[:, year] = 1 - sigmoid(logit(cohort.predict(later(units, year))) + apart + lasts.levels[year])
    discounted, lasting = (_discounted(left, horizon, spec) for left in (paid, covered))
    return Years(renews, discounted, lasting, 1 - units["p_churn"].to_numpy(dtype="float64"))


def later(units: pd.DataFrame, years: int) -> pd.DataFrame:
    """The units, so many years older."""
    return units.assign(policy_duration_months=units["policy_duration_months"] + 12 * years * DAYS_A_YEAR / 360)


def set_apart(units: pd.DataFrame, cohort: CohortTable) -> Floats:
    """How far the log-odds to leave within a year by the churn model (p_churn) lie above the cohort's: (rows,)."""
    return logit(units["p_churn"].to_numpy(dtype="float64")) - logit(cohort.predict(units))


def _discounted(left: Floats, horizon: int, spec: ValueSpec) -> Floats:
    """(rows, years) the share of each year before the end, if there is one, discounted to the year's middle."""
    year = np.arange(horizon)
    share = np.clip(np.where(np.isfinite(left), left, np.inf)[:, None] - year, 0.0, 1.0)
    return np.asarray(share * np.asarray(spec.discounts[:horizon]))


def margins(ahead: Years, first_year: Floats, yearly: Floats, horizon: int) -> Floats:
    """Discounted margin within the horizon: (rows,), money.

    Args:
        ahead: of `years`.
        first_year: (rows,) margin expected of the first year were all of it ahead, staying or leaving.
        yearly: (rows,) margin of a year of who stays.
        horizon: years.
    """
    kept = ahead.kept
    later = ahead.stays * kept[:, 1:horizon].sum(axis=1)
    return np.asarray(first_year * kept[:, 0] + yearly * later)


def if_kept(ahead: Years, yearly: Floats) -> Floats:
    """Discounted margin over the longest horizon of a policy that stays through the first year: (rows,), money."""
    return np.asarray(yearly * ahead.kept.sum(axis=1))
