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
# The features' months have 30 days: a year has twelve and a bit.
YEAR_MONTHS = 365 / 30

HELD = Contract(
    table="features__policy_as_of",
    unit="policy",
    keys=(Column("as_of_date", "date"), Column("unit_key", "key")),
    others=(
        Column("customer_key", "key"),
        Column("policy_key", "key"),
        *categories("line_of_business", "premium_mode"),
        *numbers("policy_duration_months", "customer_tenure_months", "annual_premium"),
    ),
)
BOUGHT = Contract(
    table="features__customer_purchase",
    unit="customer",
    keys=(Column("as_of_date", "date"), Column("customer_key", "key")),
    others=categories("line_of_business"),
)


@dataclass(frozen=True)
class NextProductSpec:
    """Columns, seed and shrinkage.

    Args:
        features: what eligibility is decided by: type of customer and lines held.
        weight: a customer type's own rate counts as much as everybody's when it has this many eligible customers.
    """

    features: tuple[Column, ...] = (*categories("customer_type"), *flags(*HOLDINGS.values()))
    seed: int = 20_260_630
    weight: float = 50.0

    @property
    def contract(self) -> Contract:
        """What is read of customers; consent decides who is written, never what is ranked."""
        return customers.contract(self.features, flags("marketing_consent"))


def of(profile: Profile) -> NextProductSpec:
    """The spec for an insurer."""
    return NextProductSpec(seed=profile.random_seed)
