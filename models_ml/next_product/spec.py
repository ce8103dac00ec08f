"""Next product: what it reads and how it ranks. Only who has consented to marketing is ever recommended anything."""

from __future__ import annotations

from dataclasses import dataclass

from customer_knowledge.profile import Profile
from models_ml.common import customers
from models_ml.common.contract import Column, Contract, categories, flags, numbers
from models_ml.common.runs import ModelName

NAME: ModelName = "next_product"
LINES = ("accident", "health", "life", "motor", "property")
HOLDINGS = {line: f"holds_{line}" for line in LINES}
# Every line is ranked: where the first may not be offered, the next takes its place.
RANKS = len(LINES)
# No amounts: of a past date the features have them as the source says them today.
FEATURES = (
    *categories("customer_type"),
    *flags(*HOLDINGS.values()),
    *numbers(
        "policies_in_force",
        "lines_held",
        "tenure_months",
        "interactions_3m",
        "interactions_12m",
        *(f"{way}_share_12m" for way in ("phone", "app", "wechat", "branch", "agent_visit")),
        "complaints_12m",
        "last_survey_score",
    ),
)
CUSTOMER_DATE = (Column("as_of_date", "date"), Column("customer_key", "key"))

HELD = Contract(
    table="features__policy_as_of",
    unit="policy",
    keys=(Column("as_of_date", "date"), Column("unit_key", "key")),
    others=(*categories("line_of_business", "premium_mode"), *numbers("annual_premium")),
)
BOUGHT = Contract(
    table="features__customer_purchase",
    unit="customer",
    keys=CUSTOMER_DATE,
    others=categories("line_of_business"),
)


@dataclass(frozen=True)
class NextProductSpec:
    """Columns, seed and guards.

    Args:
        features: what a propensity is learnt from; none is protected.
        seed: of the rankers.
        weight: the own rate of a kind of customer counts as much as everybody's when it has so many eligible customers.
        least_buyers: of a line, for a propensity of its own; below, the rate of the customer's kind stands.
        learnt_from: most rows that are learnt from, about; beyond, all rows of a share of the customers.
    """

    features: tuple[Column, ...] = FEATURES
    seed: int = 20_260_630
    weight: float = 50.0
    least_buyers: int = 50
    learnt_from: int = 400_000

    @property
    def contract(self) -> Contract:
        """What is read of customers; consent decides who is written, never what is ranked."""
        return customers.contract(self.features, flags("marketing_consent"))

    @property
    def moments(self) -> Contract:
        """The same of customers of earlier dates, to learn from."""
        return Contract("features__customer_moment", "customer", CUSTOMER_DATE, self.features)


def of(profile: Profile) -> NextProductSpec:
    """The spec for an insurer."""
    return NextProductSpec(seed=profile.random_seed)
