"""Marts gate: the last one before an edition is published. It looks at `marts_build`."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset, Moment, Suite
from expectations.suites import experience, marts_effect, marts_lists, marts_measures, marts_service
from expectations.suites.marts_lists import TO_CUSTOMERS, everywhere

PER_CUSTOMER = ("customer_360", "customer_segment", "customer_value", "customer_churn")
OF_SERVICE = ("claim_turnaround", "complaint_rates", "agent_performance")
STAMPED = (
    *PER_CUSTOMER,
    *TO_CUSTOMERS,
    *OF_SERVICE,
    *experience.EXPERIENCE,
    "policy_360",
    "product_insight",
    "service_standard_adherence",
    "segment_profile",
    "segment_product_fit",
    "persistency",
    "persistency_rolling",
    "blocked_recommendation",
    "knowledge_item",
    "metric_value",
    "reconciliation",
)

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="customers_agree",
        asset="customer",
        severity="stop",
        condition=(
            "case when is_customer then least(" + ", ".join(f"in_{m}" for m in PER_CUSTOMER) + ") = 1"
            " and greatest(" + ", ".join(f"in_{m}" for m in PER_CUSTOMER) + ") = 1"
            " else is_prospect and greatest(" + ", ".join(f"in_{m}" for m in PER_CUSTOMER) + ") <= 1 end"
        ),
        sentence_en="Every customer of core stands once in every mart about customers, and nobody else does.",
        sentence_zh="核心层的每位客户在各客户集市中恰好出现一次，且没有其他人。",
        hurts=PER_CUSTOMER,
    ),
    RowCondition(
        id="nothing_missing",
        asset="reconciliation",
        severity="stop",
        condition="coalesce(difference = 0, false)",
        sentence_en="What the source says equals what is published plus what is in quarantine.",
        sentence_zh="来源数值等于已发布数值与隔离数值之和。",
        hurts=("reconciliation",),
    ),
    RowCondition(
        id="every_total_reconciled",
        asset="declared_total",
        severity="stop",
        condition="is_reconciled",
        sentence_en="Every total the profile declares is reconciled.",
        sentence_zh="配置中声明的每个合计都已对账。",
        hurts=("reconciliation",),
    ),
    RowCondition(
        id="one_edition",
        asset="stamp",
        severity="stop",
        condition="edition_id is not distinct from expected",
        sentence_en="Every mart carries the number of the edition being built.",
        sentence_zh="每个集市都带有正在构建的版次编号。",
        hurts=STAMPED,
    ),
    *marts_effect.RULES,
    *marts_lists.RULES,
    *marts_service.RULES,
    *marts_measures.RULES,
    *experience.RULES,
)


def _customers() -> Asset:
    counts = [
        sql.SQL("count(*) filter (where mart = {}) as {}").format(sql.Literal(mart), sql.Identifier(f"in_{mart}"))
        for mart in PER_CUSTOMER
    ]
    query = sql.SQL(
        "select customer_key, bool_or(mart = 'customer') as is_customer,"
        " bool_or(mart = 'prospect') as is_prospect, {counts} from ("
        " select customer_key, case when is_prospect then 'prospect' else 'customer' end as mart"
        " from core.dim_customer union all {everywhere}) as seen group by customer_key"
    ).format(counts=sql.SQL(", ").join(counts), everywhere=everywhere(PER_CUSTOMER, "customer_key"))
    return Asset(name="customer", query=query, key=("customer_key",))


def _declared_totals(moment: Moment) -> Asset:
    measures = sorted(
        {t.measure for c in moment.profile.connectors for table in c.tables for t in table.control_totals}
    )
    query = sql.SQL(
        "select declared.measure, exists (select from marts_build.reconciliation as r"
        " where r.measure = declared.measure) as is_reconciled from unnest({}::text[]) as declared (measure)"
    ).format(sql.Literal(measures))
    return Asset(name="declared_total", query=query, key=("measure",), public_key=True, minimum_rows=len(measures))


def assets(moment: Moment) -> tuple[Asset, ...]:
    """The marts just built, beside core and the profile."""
    return (
        _customers(),
        _declared_totals(moment),
        Asset(
            name="reconciliation",
            query=sql.SQL("select measure, year, difference from marts_build.reconciliation"),
            key=("measure", "year"),
            public_key=True,
        ),
        Asset(
            name="stamp",
            query=sql.SQL("select distinct mart, edition_id, {}::bigint as expected from ({}) as s").format(
                sql.Literal(moment.edition_id), everywhere(STAMPED, "edition_id")
            ),
            key=("mart",),
            public_key=True,
        ),
        *marts_effect.assets(),
        *marts_lists.assets(moment),
        *marts_service.assets(moment),
        *marts_measures.assets(),
        *experience.assets(moment),
    )


SUITE = Suite("marts", RULES, assets)
