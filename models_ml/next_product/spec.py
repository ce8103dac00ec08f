"""What the next-product model is."""

from __future__ import annotations

from dataclasses import dataclass

from models_ml.common.data import Columns

MODEL_NAME = "next_product"
LINES = ("life", "health", "accident", "motor", "property")


@dataclass(frozen=True)
class NextProductSpec:
    """How many lines are recommended to each customer."""

    recommendations: int = 3


SPEC = NextProductSpec()
COLUMNS = Columns(
    plain=("customer_key", "as_of_date", "customer_type"),
    boolean=(*(f"holds_{line}" for line in LINES), "marketing_consent"),
)
