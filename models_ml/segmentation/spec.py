"""Segmentation: what it reads, how many groups it may find, and the words that name them."""

from __future__ import annotations

from dataclasses import dataclass

from customer_knowledge.profile import Profile
from models_ml.common import customers
from models_ml.common.contract import Column, Contract, categories, numbers
from models_ml.common.runs import ModelName

NAME: ModelName = "segmentation"
FEATURES = numbers(
    "annual_premium_in_force",
    "sum_assured_in_force",
    "policies_in_force",
    "lines_held",
    "tenure_months",
    "claims_paid_to_date",
    "interactions_12m",
    "digital_share_12m",
)
RULES = categories("customer_type")
# Amounts and counts with long tails are compared by ratio, not by difference.
LOGARITHMIC = frozenset(
    {
        "annual_premium_in_force",
        "sum_assured_in_force",
        "policies_in_force",
        "claims_paid_to_date",
        "interactions_12m",
    }
)


@dataclass(frozen=True)
class Phrase:
    """How a group is called that has more, or less, of a feature than the others."""

    more_en: str
    more_zh: str
    less_en: str
    less_zh: str


PHRASES = {
    "annual_premium_in_force": Phrase("high premium", "保费高", "low premium", "保费低"),
    "sum_assured_in_force": Phrase("high cover", "保额高", "low cover", "保额低"),
    "policies_in_force": Phrase("several policies", "多张保单", "a single policy", "保单少"),
    "lines_held": Phrase("several lines", "险类多", "a single line", "险类单一"),
    "tenure_months": Phrase("long-standing", "老客户", "recent", "新客户"),
    "claims_paid_to_date": Phrase("with claims", "有理赔", "without claims", "无理赔"),
    "interactions_12m": Phrase("often in touch", "互动频繁", "rarely in touch", "互动少"),
    "digital_share_12m": Phrase("digital", "偏好线上", "in person", "偏好线下"),
}


@dataclass(frozen=True)
class Rule:
    """A group that is a matter of fact and not of likeness."""

    segment_id: int
    label_en: str
    label_zh: str


EVERYONE = Rule(1, "All customers", "全体客户")
ENTERPRISE = Rule(90, "Enterprises", "企业客户")
FORMER = Rule(91, "Former customers, nothing in force", "无有效保单的老客户")


@dataclass(frozen=True)
class SegmentationSpec:
    """Columns, seed and bounds of the segmentation.

    Args:
        groups: numbers of groups tried; the best silhouette wins, the smaller number at a tie.
        least_rows_a_group: fewer customers than this times the smallest number of groups make one group.
        sample: customers the silhouette is computed on.
        least_difference: standard deviations from the mean from which a feature names a group.
        resamples: of the bootstrap that measures stability.
    """

    features: tuple[Column, ...] = FEATURES
    seed: int = 20_260_630
    groups: tuple[int, ...] = (4, 5, 6)
    least_rows_a_group: int = 10
    sample: int = 2_000
    least_difference: float = 0.25
    resamples: int = 5

    @property
    def contract(self) -> Contract:
        """What is read; `customer_type` separates enterprises by rule and is not learnt from."""
        return customers.contract(self.features, RULES)


def of(profile: Profile) -> SegmentationSpec:
    """The spec for an insurer."""
    return SegmentationSpec(seed=profile.random_seed)
