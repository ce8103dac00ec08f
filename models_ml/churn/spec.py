"""What the churn model is: its columns, its ladder, its cuts. One spec serves every insurer."""

from __future__ import annotations

from dataclasses import dataclass, field

from models_ml.common.data import Columns

MODEL_NAME = "churn"
AUC_SUSPECTED_LEAK = {"next_renewal": 0.75, "next_12_months": 0.95}


@dataclass(frozen=True)
class ChurnSpec:
    """Columns and settings; `protected` ones are read for a declared benchmark variant only."""

    columns: Columns = field(
        default_factory=lambda: Columns(
            plain=("unit_key", "policy_key", "customer_key", "as_of_date", "horizon_ends_on"),
            numeric=(
                *("policy_duration_months", "annual_premium", "premium_change_ratio", "sum_assured"),
                *("payments_late_12m", "payments_missed_12m", "days_since_last_payment"),
                *("claims_count_3y", "claims_paid_3y", "loans_taken", "times_reinstated"),
                *("complaints_12m", "interactions_3m", "interactions_12m", "last_survey_score"),
                *("policies_held", "lines_held", "customer_tenure_months", "term_number"),
                *("vehicle_age_years", "power_hp", "cylinder_capacity_cc", "weight_kg", "length_m", "doors"),
                "licence_years",
            ),
            boolean=("is_long_term", "second_driver"),
            categorical=("line_of_business", "product_code", "channel", "premium_mode", "fuel", "risk_type"),
        )
    )
    protected: Columns = field(
        default_factory=lambda: Columns(numeric=("age_years",), categorical=("area_code",)),
    )
    cohort_keys: tuple[str, ...] = ("line_of_business", "premium_mode", "channel", "risk_type", "duration_band")
    cohort_prior_rows: float = 50.0
    learning_rate: float = 0.05
    iterations: int = 220
    leaf_nodes: int = 15
    minimum_leaf: int = 80
    l2: float = 5.0
    calibration_share: float = 0.2
    high_risk: float = 0.30
    medium_risk: float = 0.15


SPEC = ChurnSpec()
