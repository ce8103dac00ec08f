"""Margin still to come from what is in force: contractual value by survival, year by year (glossary: contractual CLV).

    inforce_H = Σ_{t=1..H} (1 + r_t)^−(t−½) · S(t) · premium · collected · margin

The first year's survival is the churn model's, later years' the cohort table's at the age the policy will have. Nothing
is earned after the last premium or maturity; negative margins stay negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models_ml.churn.cohort import CohortTable
from models_ml.common.metrics import Floats
from models_ml.value.spec import ValueSpec

DAYS_A_YEAR = 365.25


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


def years(units: pd.DataFrame, cohort: CohortTable, spec: ValueSpec) -> Years:
    """Survival of units over the longest horizon.

    Args:
        units: p_churn, policy_duration_months, line_of_business, days_to_maturity, premium_years_left; one row a unit.
        cohort: exits of a year by line and age of the policy.
        spec: horizon and discounts.
    """
    horizon = max(spec.horizons)
    covered = units["days_to_maturity"].to_numpy(dtype="float64") / DAYS_A_YEAR
    paid = np.fmin(covered, units["premium_years_left"].to_numpy(dtype="float64"))
    renews = np.ones((len(units), horizon))
    for year in range(horizon):
        if year:
            aged = units.assign(policy_duration_months=units["policy_duration_months"] + 12 * year * DAYS_A_YEAR / 360)
            renews[:, year] = 1 - cohort.predict(aged)
    discounted, lasting = (_discounted(left, horizon, spec) for left in (paid, covered))
    return Years(renews, discounted, lasting, 1 - units["p_churn"].to_numpy(dtype="float64"))


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
