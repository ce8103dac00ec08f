"""Churn: what it reads, what it predicts, how it is graded. Not for pricing."""

from __future__ import annotations

from dataclasses import dataclass

from customer_knowledge.profile import Profile
from models_ml.common.contract import AUDITED, Column, Contract, categories, flags, numbers
from models_ml.common.runs import ModelName

NAME: ModelName = "churn"
UNIT_KEYS = (Column("as_of_date", "date"), Column("unit_key", "key"))
MOMENT = (
    Column("policy_key", "key"),
    Column("customer_key", "key"),
    Column("horizon_ends_on", "date"),
    *numbers("annual_premium", "policy_duration_months", "days_to_next_due", "days_to_maturity", "premium_years_left"),
    *categories("premium_mode", "line_of_business"),
    *flags("is_long_term"),
)
FEATURES = (
    *categories("line_of_business", "product_code", "channel", "premium_mode", "status"),
    *flags("is_long_term", "second_driver"),
    *numbers(
        "policy_duration_months",
        "annual_premium",
        "premium_change_ratio",
        "sum_assured",
        "payments_late_12m",
        "payments_missed_12m",
        "days_since_last_payment",
        "claims_count_3y",
        "claims_paid_3y",
        "payments_late_3m",
        "payments_missed_3m",
        "payments_late_trend",
        "times_in_grace_12m",
        "premium_share_ahead",
        "claims_count_12m",
        "loans_taken",
        "loan_to_cash_value",
        "times_reinstated",
        "complaints_3m",
        "complaints_12m",
        "complaints_to_date",
        "interactions_3m",
        "interactions_12m",
        "phone_share",
        "app_share",
        "wechat_share",
        "branch_share",
        "agent_visit_share",
        "agent_days_since_sale",
        "last_survey_score",
        "survey_score_change",
        "survey_score_mean",
        "surveys_to_date",
        "days_to_next_due",
        "policies_held",
        "lines_held",
        "bought_life",
        "bought_health",
        "bought_accident",
        "bought_motor",
        "bought_property",
        "customer_tenure_months",
        "term_number",
        "vehicle_age_years",
        "power_hp",
        "cylinder_capacity_cc",
        "weight_kg",
        "length_m",
        "doors",
    ),
    *categories("fuel", "risk_type"),
)
# Age and area are protected. Years of the driving licence are age by another name, so they go with them.
BENCHMARK_FEATURES = (*numbers("age_years", "licence_years"), *categories("area_code"))

# Codes of reasons are names of features; dbt_project/seeds/churn_reason.csv translates them.
# What was sold is a fact of the policy and no reason to leave; everything else may be one.
SOLD = ("line_of_business", "product_code", "is_long_term")
REASON_CODES = tuple(column.name for column in FEATURES if column.name not in SOLD)
REASONS = 3
LEAST_EFFECT = 0.05  # of the log of the chance: 5 % more; what weighs less is no reason
HORIZONS = (3, 12)  # months
SOON = f"_{HORIZONS[0]}m"  # ends the names of measures of the shorter

# A unit at risk without its features: for what stands on its score.
AT_RISK = Contract(table="features__policy_as_of", unit="policy", keys=UNIT_KEYS, others=MOMENT)
LABEL = Contract(
    table="features__policy_label",
    unit="policy",
    keys=UNIT_KEYS,
    others=(
        *flags("exit_within_horizon"),
        *categories("exit_cause"),
        *numbers("exit_month", "next_premium"),
        Column("label_known_on", "date"),
    ),
)


# Whom the score treats how: read for the report on fairness, learnt from by nobody.
AUDIT = Contract(
    table="features__policy_as_of",
    unit="policy",
    keys=UNIT_KEYS,
    others=AUDITED,
)


@dataclass(frozen=True)
class Benchmark:
    """What a published portfolio must reach with the declared benchmark features, and what would be too good.

    Source: measured on the portfolio of Segura-Gisbert, Lledó, Pavía (2025) with strict as-of features.
    """

    least_auc: float
    most_brier: float
    leak_auc: float


# By the first source system of the profile.
BENCHMARKS = {"motor_portfolio": Benchmark(least_auc=0.69, most_brier=0.153, leak_auc=0.75)}
# A lapse model this good has seen the future, whatever the portfolio.
LEAK_AUC = 0.97


@dataclass(frozen=True)
class ChurnSpec:
    """Columns, guards and grading of the churn model.

    Args:
        features: what is learnt from; none is protected.
        benchmark: the declared variant with protected columns, where the portfolio has one.
        seed: of the booster and the bootstrap.
        least_rows, least_events: in training.
        least_test_rows, least_test_events: in the backtest.
        bands: a customer is `high` (`medium`) from this multiple of the average chance to lose any policy at training.
        budget: share of units contacted when captured premium is compared.
        explained: test rows on which the weight of features is measured.
        learnt_from: most units that are learnt from, about; beyond, all units of a share of the customers.
        origins: earlier years from which the champion's rung is tried as well (walk-forward).
    """

    features: tuple[Column, ...] = FEATURES
    benchmark: Benchmark | None = None
    seed: int = 20_260_630
    least_rows: int = 200
    least_events: int = 20
    least_test_rows: int = 50
    least_test_events: int = 5
    bands: tuple[float, float] = (2.0, 1.25)
    budget: float = 0.1
    explained: int = 2_000
    learnt_from: int = 500_000
    origins: int = 2

    @property
    def leak_auc(self) -> float:
        """The AUC above which a leak is suspected."""
        return self.benchmark.leak_auc if self.benchmark else LEAK_AUC

    @property
    def contract(self) -> Contract:
        """What is read of the units at risk."""
        return Contract("features__policy_as_of", "policy", UNIT_KEYS, self.features, MOMENT)

    @property
    def benchmark_contract(self) -> Contract:
        """The same with the protected columns of the declared benchmark variant."""
        features = (*self.features, *BENCHMARK_FEATURES)
        return Contract("features__policy_as_of", "policy", UNIT_KEYS, features, MOMENT)


def of(profile: Profile) -> ChurnSpec:
    """The spec for an insurer: the profile's seed, and its portfolio's declared benchmark where there is one."""
    return ChurnSpec(
        seed=profile.random_seed,
        benchmark=BENCHMARKS.get(profile.systems[0]),
    )
