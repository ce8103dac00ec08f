"""What the segmentation is: its columns, its range of clusters, the phrases names are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from models_ml.common.data import Columns

MODEL_NAME = "segmentation"
ENTERPRISES, FORMER, FIRST_CLUSTER = 1, 2, 3


@dataclass(frozen=True)
class SegmentationSpec:
    """`logged` columns are heavy-tailed and enter as log(1 + x)."""

    columns: Columns = field(
        default_factory=lambda: Columns(
            plain=("customer_key", "as_of_date", "customer_type"),
            numeric=(
                *("policies_in_force", "lines_held", "annual_premium_in_force", "tenure_months"),
                *("claims_paid_to_date", "interactions_12m", "digital_share_12m", "complaints_12m"),
            ),
            boolean=("holds_life", "holds_health", "holds_motor", "holds_property"),
        )
    )
    logged: tuple[str, ...] = ("annual_premium_in_force", "claims_paid_to_date", "interactions_12m", "tenure_months")
    clusters: tuple[int, ...] = (4, 5, 6)
    silhouette_rows: int = 4000
    minimum_rows: int = 60


SPEC = SegmentationSpec()

# (feature, above or below the average) → words in English and Chinese.
PHRASES: dict[tuple[str, bool], tuple[str, str]] = {
    ("policies_in_force", True): ("many policies", "多保单"),
    ("policies_in_force", False): ("one policy", "单保单"),
    ("lines_held", True): ("several lines", "多险类"),
    ("lines_held", False): ("single line", "单险类"),
    ("annual_premium_in_force", True): ("high premium", "高保费"),
    ("annual_premium_in_force", False): ("low premium", "低保费"),
    ("tenure_months", True): ("long-standing", "老客户"),
    ("tenure_months", False): ("recent", "新客户"),
    ("claims_paid_to_date", True): ("with claims", "有理赔"),
    ("claims_paid_to_date", False): ("without claims", "无理赔"),
    ("interactions_12m", True): ("in close contact", "联系密切"),
    ("interactions_12m", False): ("rarely in contact", "少联系"),
    ("digital_share_12m", True): ("digital", "线上型"),
    ("digital_share_12m", False): ("personal contact", "线下型"),
    ("complaints_12m", True): ("complaining", "有投诉"),
    ("complaints_12m", False): ("without complaints", "无投诉"),
    ("holds_life", True): ("life holders", "持寿险"),
    ("holds_life", False): ("without life cover", "无寿险"),
    ("holds_health", True): ("health holders", "持健康险"),
    ("holds_health", False): ("without health cover", "无健康险"),
    ("holds_motor", True): ("car owners", "有车险"),
    ("holds_motor", False): ("without motor cover", "无车险"),
    ("holds_property", True): ("property owners", "持财产险"),
    ("holds_property", False): ("without property cover", "无财产险"),
}
RULE_LABELS = {ENTERPRISES: ("Enterprises", "企业客户"), FORMER: ("Nothing in force", "无有效保单")}
