"""Landing gate of the motor portfolio. Dirt that carries money only warns, so that no cent goes missing."""

from __future__ import annotations

from expectations.rules import Between, Filled, InOrder, RowCondition, Rule
from expectations.suite import Suite
from expectations.suites import ledger

_TABLE = "policy_year"

RULES: tuple[Rule, ...] = (
    *ledger.RULES,
    Filled(
        id="premium_filled",
        asset=_TABLE,
        severity="stop",
        column="premium",
        sentence_en="At least half of the policy-years have a premium.",
        sentence_zh="保单年度中至少一半有保费。",
        hurts=("customer_value", "reconciliation"),
    ),
    Between(
        id="premium_not_negative",
        asset=_TABLE,
        severity="quarantine",
        column="premium",
        at_least=0,
        sentence_en="A policy-year's premium is not negative.",
        sentence_zh="保单年度的保费不为负数。",
        hurts=("customer_value", "reconciliation"),
    ),
    Between(
        id="claim_cost_not_negative",
        asset=_TABLE,
        severity="quarantine",
        column="claim_cost",
        at_least=0,
        sentence_en="A policy-year's claim cost is not negative.",
        sentence_zh="保单年度的赔款不为负数。",
        hurts=("customer_value", "reconciliation"),
    ),
    InOrder(
        id="term_in_order",
        asset=_TABLE,
        severity="quarantine",
        earlier="last_renewal_on",
        later="next_renewal_on",
        sentence_en="A policy-year does not end before it begins.",
        sentence_zh="保单年度的结束日期不早于开始日期。",
        hurts=("customer_churn", "policy_360"),
    ),
    InOrder(
        id="lapse_after_renewal",
        asset=_TABLE,
        severity="warn",
        earlier="last_renewal_on",
        later="lapsed_on",
        optional=True,
        sentence_en="A contract does not end before its policy-year begins.",
        sentence_zh="合同终止日期不早于保单年度的开始日期。",
        hurts=("customer_churn",),
    ),
    RowCondition(
        id="driver_age_plausible",
        asset=_TABLE,
        severity="warn",
        condition=("last_renewal_on between birth_date + interval '16 years' and birth_date + interval '110 years'"),
        sentence_en="A driver is between 16 and 110 years old when the policy-year begins.",
        sentence_zh="保单年度开始时驾驶人年龄在16至110岁之间。",
        hurts=("customer_churn",),
    ),
)

SUITE = Suite("landing_motor_portfolio", RULES)
