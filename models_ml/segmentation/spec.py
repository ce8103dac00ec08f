"""Segmentation: what it reads, how many groups it may find, and the words that name them."""

from __future__ import annotations

from dataclasses import dataclass

from customer_knowledge.profile import Profile
from models_ml.common import customers
from models_ml.common.contract import Column, Contract, categories, counts, flags, numbers
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
HOLDINGS = flags("holds_life", "holds_health", "holds_accident", "holds_motor", "holds_property")
ASPECTS = ("contact_channels", "product_codes", "sales_channels", "contact_preferences")
HABITS = Contract("features__customer_habit", "customer", customers.KEYS, counts(*ASPECTS))
# Ways to be in touch that a name may speak of.
TOUCHES = ("phone", "app", "wechat", "branch", "agent_visit", "email")
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
    """How a group is called that has more, or less, of a feature than the others; empty: not spoken of."""

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
    "holds_life": Phrase("life cover", "有寿险", "", ""),
    "holds_health": Phrase("health cover", "有健康险", "", ""),
    "holds_accident": Phrase("accident cover", "有意外险", "", ""),
    "holds_motor": Phrase("motor cover", "有车险", "", ""),
    "holds_property": Phrase("property cover", "有财产险", "", ""),
    "phone": Phrase("by phone", "偏好电话", "", ""),
    "app": Phrase("by app", "偏好应用", "", ""),
    "wechat": Phrase("by WeChat", "偏好微信", "", ""),
    "branch": Phrase("at the branch", "偏好网点", "", ""),
    "agent_visit": Phrase("visited by agents", "代理人上门", "", ""),
    "email": Phrase("by e-mail", "偏好邮件", "", ""),
}


@dataclass(frozen=True)
class Rule:
    """A group that is a matter of fact and not of likeness."""

    segment_id: int
    label_en: str
    label_zh: str


EVERYONE = Rule(1, "All customers", "全体客户")
FIRST_ENTERPRISE = 81
ENTERPRISE = Rule(90, "Enterprises", "企业客户")
FORMER = Rule(91, "Former customers, nothing in force", "无有效保单的老客户")
INSURED = Rule(92, "Insured only", "仅为被保险人")


@dataclass(frozen=True)
class SegmentationSpec:
    """Columns, seed and bounds of the segmentation.

    Args:
        classes: numbers of latent classes tried where habits are known; see `choice.choose`.
        least_share: of customers the smallest class must have.
        least_stability: adjusted Rand index with the classes of bootstrap samples.
        enough_explained: share of the largest fall in BIC that a number of classes must bring.
        looked_at: most customers that training looks at, about; beyond, a share of them.
        learnt_from: most persons that classes are fitted on.
        groups: numbers of clusters tried where habits are not known; the best silhouette wins, the smaller at a tie.
        enterprise_groups: the same for enterprises.
        least_rows_a_group: fewer customers than this times the smallest number of groups make one group.
        sample: customers the silhouette is computed on.
        least_difference: standard deviations from the mean from which a feature names a group.
        resamples: of the bootstrap that measures stability.
    """

    features: tuple[Column, ...] = FEATURES
    seed: int = 20_260_630
    classes: tuple[int, ...] = (3, 4, 5, 6, 7)
    least_share: float = 0.03
    least_stability: float = 0.8
    enough_explained: float = 0.95
    looked_at: int = 200_000
    learnt_from: int = 50_000
    groups: tuple[int, ...] = (4, 5, 6)
    enterprise_groups: tuple[int, ...] = (2, 3)
    least_rows_a_group: int = 10
    sample: int = 2_000
    least_difference: float = 0.25
    resamples: int = 5

    @property
    def contract(self) -> Contract:
        """What is read of amounts; `customer_type` separates enterprises by rule and is not learnt from."""
        return customers.contract((*self.features, *HOLDINGS), RULES)


def of(profile: Profile) -> SegmentationSpec:
    """The spec for an insurer."""
    return SegmentationSpec(seed=profile.random_seed)
