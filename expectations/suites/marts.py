"""Marts gate: the last one before an edition is published. It looks at `marts_build`."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset, Moment, Suite
from expectations.suites import experience

PER_CUSTOMER = ("customer_360", "customer_segment", "customer_value", "customer_churn")
TO_CUSTOMERS = ("retention_worklist", "winback_worklist", "next_best_product")
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
    "persistency",
    "persistency_rolling",
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
        id="consent_respected",
        asset="approached",
        severity="stop",
        condition="coalesce(marketing_consent, false)",
        sentence_en="Nobody who did not consent to marketing is on a worklist or in a recommendation.",
        sentence_zh="未同意营销的客户不出现在任何工作清单或产品推荐中。",
        hurts=TO_CUSTOMERS,
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
    RowCondition(
        id="turnaround_is_in_order",
        asset="claim_turnaround",
        severity="stop",
        condition="coalesce(claims > 0 and median_days between 0 and p90_days, false)",
        sentence_en="A turnaround counts claims, is not negative, and half the claims are no slower than nine tenths.",
        sentence_zh="赔案时效有赔案支撑、不为负，且中位数不大于九成分位数。",
        hurts=("claim_turnaround",),
    ),
    RowCondition(
        id="complaint_parts_within_whole",
        asset="complaint_rates",
        severity="stop",
        condition="coalesce(complaints <= of_all and policies_held <= held_of_all, false)",
        sentence_en="No breakdown has more complaints or policies than the whole of its quarter.",
        sentence_zh="任一维度的投诉或保单之和不超过当季总数。",
        hurts=("complaint_rates",),
    ),
    RowCondition(
        id="agents_within_company",
        asset="agents",
        severity="stop",
        condition="coalesce(least(sold, held, orphans) >= 0 and sold <= issued and held <= in_force, false)",
        sentence_en="Agents together sold and serve no more policies than there are.",
        sentence_zh="全体代理人的承保与名下有效件数不超过公司总数。",
        hurts=("agent_performance",),
    ),
    RowCondition(
        id="segments_add_up",
        asset="product",
        severity="stop",
        condition="coalesce(of_segments = of_all and customers_of_segments = customers, false)",
        sentence_en="Policies and customers of the segments of each product add up to everybody's.",
        sentence_zh="各产品各客群的有效保单与客户之和等于全体。",
        hurts=("product_insight",),
    ),
    RowCondition(
        id="segments_are_everybody",
        asset="segment_profile",
        severity="stop",
        condition="coalesce(profiled = members, false)",
        sentence_en="The profiles of segments count every customer of a segment once.",
        sentence_zh="客群画像对每位客户恰好计数一次。",
        hurts=("segment_profile",),
    ),
    RowCondition(
        id="standards_within_customers",
        asset="service_standard",
        severity="stop",
        condition="coalesce(customers_kept <= least(customers_contacted_enough, customers_with_adviser_due)"
        " and greatest(customers_contacted_enough, customers_with_adviser_due) <= customers, false)",
        sentence_en="No more customers were served as due than there are.",
        sentence_zh="服务达标客户数不超过客户数。",
        hurts=("service_standard_adherence",),
    ),
    RowCondition(
        id="holdout_is_left_alone",
        asset="retention_worklist",
        severity="stop",
        condition="not is_holdout or (due_by is null and channel is null and assigned_role is null)",
        sentence_en="Nobody is assigned to a customer of the holdout.",
        sentence_zh="留出组客户不分配任何联系任务。",
        hurts=("retention_worklist",),
    ),
    RowCondition(
        id="worklist_not_empty",
        asset="worklist_size",
        severity="warn",
        condition="listed > 0 or consenting = 0",
        sentence_en="The retention worklist is not empty while there are customers who consented.",
        sentence_zh="有客户同意营销时，挽留工作清单不为空。",
        hurts=("retention_worklist",),
    ),
    RowCondition(
        id="kept_within_base",
        asset="persistency",
        severity="stop",
        condition="policies_kept between 0 and policies and numerator >= 0 and denominator >= 0",
        sentence_en="No cohort keeps more policies than it has, and no amount is below zero.",
        sentence_zh="同期群继续件数不超过基数件数，金额均不为负。",
        hurts=("persistency", "persistency_rolling"),
    ),
    RowCondition(
        id="metric_within_reason",
        asset="metric_value",
        severity="stop",
        condition=(
            "coalesce((metric = 'nps' or numerator >= 0) and coalesce(denominator > 0, true) and case when metric in"
            " ('free_look_cancellation_rate', 'settlement_ratio', 'cross_holding_rate', 'retention_rate',"
            " 'retention_rate_premium', 'reinstatement_rate', 'agent_activity_rate', 'agent_retention_13m')"
            " then numerator <= denominator when metric = 'nps' then abs(numerator) <= denominator"
            " else true end, false)"
        ),
        sentence_en="No measure is negative (but NPS) or without its base, and no part is more than its whole.",
        sentence_zh="除净推荐值外指标均不为负，比率均有基数，且部分不超过总体。",
        hurts=("metric_value",),
    ),
    RowCondition(
        id="policies_agree_by_dimension",
        asset="metric_total",
        severity="stop",
        condition="coalesce(of_dimension = of_all and of_all = in_core, false)",
        sentence_en="Policies in force add up to those of core in each dimension.",
        sentence_zh="各维度有效保单数之和等于核心层有效保单数。",
        hurts=("metric_value",),
    ),
    *experience.RULES,
)


def _everywhere(marts: tuple[str, ...], column: str) -> sql.Composed:
    selects = [
        sql.SQL("select {column}, {name} as mart from {table}").format(
            column=sql.Identifier(column), name=sql.Literal(mart), table=sql.Identifier("marts_build", mart)
        )
        for mart in marts
    ]
    return sql.SQL(" union all ").join(selects)


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
    ).format(counts=sql.SQL(", ").join(counts), everywhere=_everywhere(PER_CUSTOMER, "customer_key"))
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
            name="approached",
            query=sql.SQL(
                "select a.customer_key, c.marketing_consent from ({}) as a"
                " left join core.dim_customer as c on c.customer_key = a.customer_key"
            ).format(_everywhere(TO_CUSTOMERS, "customer_key")),
            key=("customer_key",),
            may_be_empty=True,
        ),
        Asset(
            name="stamp",
            query=sql.SQL("select distinct mart, edition_id, {}::bigint as expected from ({}) as s").format(
                sql.Literal(moment.edition_id), _everywhere(STAMPED, "edition_id")
            ),
            key=("mart",),
            public_key=True,
        ),
        Asset(
            name="claim_turnaround",
            query=sql.SQL(
                "select step, line_of_business, claim_type, ended_month, claims, median_days, p90_days"
                " from marts_build.claim_turnaround"
            ),
            key=("step", "line_of_business", "claim_type", "ended_month"),
            public_key=True,
            # A file of yearly policies says when a claim happened, not when it was reported.
            may_be_empty="policy_admin" not in moment.profile.systems,
        ),
        Asset(
            name="complaint_rates",
            query=sql.SQL(
                "select c.quarter_starts_on, c.breakdown, c.complaints, c.policies_held, w.complaints as of_all,"
                " w.policies_held as held_of_all from (select quarter_starts_on, breakdown,"
                " sum(complaints) as complaints, sum(policies_held) as policies_held"
                " from marts_build.complaint_rates group by 1, 2) as c left join marts_build.complaint_rates as w"
                " on w.quarter_starts_on = c.quarter_starts_on and w.breakdown = 'all'"
            ),
            key=("quarter_starts_on", "breakdown"),
            public_key=True,
            may_be_empty="crm" not in moment.profile.systems,
        ),
        Asset(
            name="agents",
            query=sql.SQL(
                "select 'all' as part, sum(policies_sold_12m) as sold, sum(policies_in_force) as held,"
                " sum(orphan_policies) as orphans, (select count(*) from core.dim_policy) as issued,"
                " (select count(*) from core.dim_policy where in_force_flag) as in_force"
                " from marts_build.agent_performance having count(*) > 0"
            ),
            key=("part",),
            public_key=True,
            # A file of policies names no agents.
            may_be_empty="policy_admin" not in moment.profile.systems,
        ),
        Asset(
            name="product",
            query=sql.SQL(
                "select product_code, sum(policies_in_force) filter (where segment_id <> 'all') as of_segments,"
                " sum(policies_in_force) filter (where segment_id = 'all') as of_all,"
                " sum(customers) filter (where segment_id <> 'all') as customers_of_segments,"
                " sum(customers) filter (where segment_id = 'all') as customers"
                " from marts_build.product_insight group by product_code"
            ),
            key=("product_code",),
            public_key=True,
        ),
        Asset(
            name="metric_value",
            query=sql.SQL(
                "select metric, product_line, channel, branch, numerator, denominator from marts_build.metric_value"
            ),
            key=("metric", "product_line", "channel", "branch"),
            public_key=True,
        ),
        Asset(
            name="metric_total",
            query=sql.SQL(
                "select d.dimension, (select sum(numerator) from marts_build.metric_value as m"
                " where m.metric = 'in_force_policies' and case d.dimension when 'product_line' then product_line"
                " when 'channel' then channel else branch end <> 'all') as of_dimension,"
                " (select sum(numerator) from marts_build.metric_value as m where m.metric = 'in_force_policies'"
                " and product_line = 'all' and channel = 'all' and branch = 'all') as of_all,"
                " (select count(*) from core.dim_policy where in_force_flag) as in_core"
                " from unnest(array['product_line', 'channel', 'branch']) as d (dimension)"
            ),
            key=("dimension",),
            public_key=True,
        ),
        Asset(
            name="segment_profile",
            query=sql.SQL(
                "select 'all' as part, (select sum(customers) from marts_build.segment_profile) as profiled,"
                " (select count(*) from marts_build.customer_segment) as members"
            ),
            key=("part",),
            public_key=True,
        ),
        Asset(
            name="service_standard",
            query=sql.SQL(
                "select value_grade, customer_type, customers, customers_contacted_enough, customers_with_adviser_due,"
                " customers_kept from marts_build.service_standard_adherence"
            ),
            key=("value_grade", "customer_type"),
            public_key=True,
        ),
        Asset(
            name="retention_worklist",
            query=sql.SQL(
                "select customer_key, is_holdout, due_by, channel, assigned_role from marts_build.retention_worklist"
            ),
            key=("customer_key",),
            may_be_empty=True,
        ),
        Asset(
            name="worklist_size",
            query=sql.SQL(
                "select 'all' as part, (select count(*) from marts_build.retention_worklist) as listed,"
                " (select count(*) from core.dim_customer where marketing_consent and not is_prospect)"
                " as consenting"
            ),
            key=("part",),
            public_key=True,
        ),
        # An insurer without long-term policies has none.
        Asset(
            name="persistency",
            query=sql.SQL(
                "select definition_id, cohort_month, product_code, channel, branch, agent_key, policies,"
                " policies_kept, numerator, denominator from marts_build.persistency"
            ),
            key=("definition_id", "cohort_month", "product_code", "channel", "branch", "agent_key"),
            may_be_empty=True,
        ),
        *experience.assets(moment),
    )


SUITE = Suite("marts", RULES, assets)
