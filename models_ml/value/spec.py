"""Value: what it reads, and the assumptions it declares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from customer_knowledge.profile import Profile
from models_ml.churn.spec import AT_RISK
from models_ml.common import customers
from models_ml.common.contract import Column, Contract, categories, numbers
from models_ml.common.runs import ModelName

NAME: ModelName = "value"
FEATURES = numbers(
    "premium_received_to_date",
    "claims_paid_to_date",
    "commission_to_date",
    "service_cost_12m",
)
# Units at risk with their claims so far: what the claims to come stand on.
WITH_RECORD = replace(
    AT_RISK, others=(*AT_RISK.others, *numbers("claims_count_3y", "claims_paid_3y"), *categories("product_code"))
)


def flat(rate: float, years: int = 10) -> tuple[float, ...]:
    """Discount factors to the middle of each year at one rate a year."""
    return tuple((1 + rate) ** -(year + 0.5) for year in range(years))


@dataclass(frozen=True)
class ValueSpec:
    """Columns and margins. Assumptions, not measurements, unless it says so; what service costs is a seed too.

    Args:
        long_term_margin: share of a long-term premium that is margin before service: savings make premium less claims
            meaningless. To be replaced by the actuaries' factors.
        years_of_claims: window of `claims_paid_3y`, by which short-term lines' loss ratios are *measured*.
        weight: policies of a group's average premium with which its loss ratio leans on that of the group above.
        highest_loss_ratio: a loss ratio is cut here.
        discounts: what money of the middle of each year ahead is worth today; the warehouse has the curve of the date
            (`features.on_the_curve`), flat where nobody gives one.
        horizons: years over which the value in force is told; the longest is the value.
        draws: of exits, premiums, claims and purchases behind the interval of a value.
        shares: of customers graded A, B, C at training; the cut points in money are stored and stay.
    """

    features: tuple[Column, ...] = FEATURES
    seed: int = 20_260_630
    long_term_margin: float = 0.25
    years_of_claims: float = 3.0
    weight: float = 100.0
    highest_loss_ratio: float = 1.5
    discounts: tuple[float, ...] = flat(0.035)
    horizons: tuple[int, ...] = (1, 5, 10)
    shares: tuple[float, float, float] = (0.10, 0.25, 0.40)
    draws: int = 100

    @property
    def contract(self) -> Contract:
        """What is read of customers."""
        return customers.contract(self.features)


def of(profile: Profile) -> ValueSpec:
    """The spec for an insurer."""
    return ValueSpec(seed=profile.random_seed)
