"""Landing gate of the CRM."""

from __future__ import annotations

from expectations.rules import Between, Filled, NotNull, RowCondition, Rule
from expectations.suite import Suite
from expectations.suites import ledger
from expectations.suites.days import happened

RULES: tuple[Rule, ...] = (
    *ledger.RULES,
    Filled(
        id="contact_name_filled",
        asset="contact",
        severity="stop",
        column="name",
        sentence_en="At least half of the new contacts have a name.",
        sentence_zh="新到的联系人中至少一半有姓名。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="contact_named",
        asset="contact",
        severity="quarantine",
        condition="btrim(coalesce(name, '')) <> ''",
        sentence_en="A contact has a name.",
        sentence_zh="联系人有姓名。",
        hurts=("customer_360",),
    ),
    Between(
        id="survey_score_in_range",
        asset="satisfaction_survey",
        severity="quarantine",
        column="score",
        at_least=0,
        at_most=10,
        optional=True,
        sentence_en="A satisfaction score lies between 0 and 10.",
        sentence_zh="满意度评分在0到10之间。",
        hurts=("customer_360", "customer_churn"),
    ),
    RowCondition(
        id="retention_arm_known",
        asset="retention_task",
        severity="quarantine",
        condition="arm in ('treated', 'holdout')",
        sentence_en="A retention task says whether its customer was drawn to be treated or to be left alone.",
        sentence_zh="挽留任务注明客户属于处理组或留出组。",
        hurts=("retention_effect",),
    ),
    NotNull(
        id="consent_state_known",
        asset="consent",
        severity="warn",
        column="state",
        sentence_en="A consent says whether it was given or withdrawn; otherwise it counts as not given.",
        sentence_zh="同意记录注明已同意或已撤回；未注明的按未同意处理。",
        hurts=("retention_worklist", "next_best_product"),
    ),
    happened("complaint_opened", "complaint", "opened_on", "A complaint is not made", "投诉日期", ("complaint_rates",)),
    happened(
        "survey_happened",
        "satisfaction_survey",
        "surveyed_on",
        "A survey is not answered",
        "调查日期",
        ("customer_360",),
    ),
)

SUITE = Suite("landing_crm", RULES)
