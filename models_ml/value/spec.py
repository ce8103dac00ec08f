"""What the value model is: the customer columns it reads, unit costs, shares of the grades."""

from __future__ import annotations

from dataclasses import dataclass, field

from models_ml.common.data import Columns

MODEL_NAME = "value"


@dataclass(frozen=True)
class ValueSpec:
    """Unit cost in the insurer's currency; shares of customers at or above each cut when grades are fixed."""

    columns: Columns = field(
        default_factory=lambda: Columns(
            plain=("customer_key", "as_of_date", "customer_type"),
            numeric=(
                *("policies_in_force", "annual_premium_in_force", "premium_received_12m", "premium_received_to_date"),
                *("claims_paid_to_date", "commission_to_date", "interactions_12m", "tenure_months"),
            ),
            boolean=("marketing_consent",),
        )
    )
    cost_per_interaction: float = 12.0
    grade_shares: tuple[tuple[str, float], ...] = (("A", 0.10), ("B", 0.30), ("C", 0.70))


SPEC = ValueSpec()
