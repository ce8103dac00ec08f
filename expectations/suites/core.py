"""Core gate: what every mart and every model stands on."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import Filled, InSet, NotNull, RowCondition, Rule, Unique
from expectations.suite import Asset, Moment, Suite
from expectations.suites import core_identity

IN_FORCE = ("active", "grace", "paid_up", "premium_waived")
ENDED = (
    "surrendered",
    "terminated_by_lapse",
    "claim_terminated",
    "matured",
    "free_look_cancelled",
    "expired",
)
STATUSES = (*IN_FORCE, "suspended", *ENDED)

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="customers_exist",
        asset="customer_count",
        severity="stop",
        condition="customers > 0",
        sentence_en="There are customers.",
        sentence_zh="客户数大于零。",
        hurts=("customer_360", "customer_segment", "customer_value", "customer_churn"),
    ),
    Unique(
        id="one_row_a_customer",
        asset="dim_customer",
        severity="stop",
        column="customer_key",
        sentence_en="A customer stands in dim_customer once.",
        sentence_zh="每位客户在 dim_customer 中只有一行。",
        hurts=("customer_360", "customer_segment", "customer_value", "customer_churn"),
    ),
    InSet(
        id="customer_type_known",
        asset="dim_customer",
        severity="stop",
        column="customer_type",
        values=("person", "enterprise"),
        sentence_en="A customer is a person or an enterprise.",
        sentence_zh="客户是个人或企业。",
        hurts=("customer_360", "customer_segment"),
    ),
    Unique(
        id="one_row_a_policy",
        asset="dim_policy",
        severity="stop",
        column="policy_key",
        sentence_en="A policy stands in dim_policy once.",
        sentence_zh="每张保单在 dim_policy 中只有一行。",
        hurts=("policy_360", "persistency", "reconciliation"),
    ),
    InSet(
        id="policy_status_known",
        asset="dim_policy",
        severity="stop",
        column="status",
        values=STATUSES,
        sentence_en="A policy's status is one of the known ones.",
        sentence_zh="保单状态属于已知状态。",
        hurts=("policy_360", "customer_churn", "reconciliation"),
    ),
    RowCondition(
        id="in_force_as_status_says",
        asset="dim_policy",
        severity="stop",
        condition=f"in_force_flag = (status in {IN_FORCE})",
        sentence_en="A policy is in force exactly when its status says so.",
        sentence_zh="保单是否有效与其状态一致。",
        hurts=("policy_360", "customer_churn", "reconciliation"),
    ),
    RowCondition(
        id="policy_customer_exists",
        asset="dim_policy",
        severity="stop",
        condition="case when customer_key is not null then customer_exists end",
        sentence_en="A policy's customer stands in dim_customer.",
        sentence_zh="保单所属客户存在于 dim_customer。",
        hurts=("customer_360", "policy_360"),
    ),
    Filled(
        id="most_policies_have_a_customer",
        asset="dim_policy",
        severity="stop",
        column="customer_key",
        share=0.95,
        sentence_en="At least 95 percent of the policies have a customer.",
        sentence_zh="至少百分之九十五的保单有所属客户。",
        hurts=("customer_360", "customer_value"),
    ),
    RowCondition(
        id="policy_has_customer",
        asset="dim_policy",
        severity="warn",
        condition="customer_key is not null",
        sentence_en="A policy has a customer (its policyholder may be in quarantine).",
        sentence_zh="保单有所属客户（投保人可能在隔离区）。",
        hurts=("customer_360",),
    ),
    Filled(
        id="most_payments_have_a_policy",
        asset="fct_premium_payment",
        severity="stop",
        column="policy_found",
        share=0.95,
        sentence_en="At least 95 percent of the premium payments have their policy in dim_policy.",
        sentence_zh="至少百分之九十五的保费收款能在 dim_policy 中找到所属保单。",
        hurts=("persistency", "customer_value"),
    ),
    NotNull(
        id="payment_has_policy",
        asset="fct_premium_payment",
        severity="warn",
        column="policy_found",
        sentence_en="A premium payment has its policy in dim_policy (the source may have deleted it since).",
        sentence_zh="保费收款能在 dim_policy 中找到所属保单（来源可能已删除该保单）。",
        hurts=("persistency", "customer_value"),
    ),
    *core_identity.RULES,
    RowCondition(
        id="one_open_period_a_policy",
        asset="policy_life",
        severity="stop",
        condition="open_periods = 1 and in_order",
        sentence_en="A policy's status intervals are in order, and exactly one is open.",
        sentence_zh="保单的状态区间先后有序，且恰有一个未结束。",
        hurts=("policy_360", "persistency", "customer_churn"),
    ),
)


def assets(_: Moment) -> tuple[Asset, ...]:
    """Core as the rules ask of it."""
    return (
        Asset(
            name="customer_count",
            query=sql.SQL(
                "select 'core' as layer, count(*) filter (where not is_prospect) as customers from core.dim_customer"
            ),
            key=("layer",),
            public_key=True,
        ),
        Asset(
            name="dim_customer",
            query=sql.SQL("select customer_key, customer_type from core.dim_customer"),
            key=("customer_key",),
        ),
        Asset(
            name="dim_policy",
            query=sql.SQL(
                "select p.policy_key, p.customer_key, p.status, p.in_force_flag,"
                " exists (select from core.dim_customer as c where c.customer_key = p.customer_key)"
                " as customer_exists from core.dim_policy as p"
            ),
            key=("policy_key",),
        ),
        Asset(
            name="fct_premium_payment",
            query=sql.SQL(
                "select f.premium_payment_key, p.policy_key as policy_found from core.fct_premium_payment as f"
                " left join (select distinct policy_key from core.dim_policy) as p"
                " on p.policy_key = f.policy_key"
            ),
            key=("premium_payment_key",),
            may_be_empty=True,
        ),
        *core_identity.ASSETS,
        Asset(
            name="policy_life",
            query=sql.SQL(
                "select policy_key, count(*) filter (where valid_to is null) as open_periods,"
                " bool_and(coalesce(valid_to >= valid_from, true)) as in_order"
                " from core.fct_policy_period group by policy_key"
            ),
            key=("policy_key",),
        ),
    )


SUITE = Suite("core", RULES, assets)
