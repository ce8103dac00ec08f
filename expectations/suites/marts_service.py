"""Rules of the marts gate about service: claims, complaints, agents and what each grade is due."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset, Moment

RULES: tuple[Rule, ...] = (
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
        id="standards_within_customers",
        asset="service_standard",
        severity="stop",
        condition="coalesce(customers_kept <= least(customers_contacted_enough, customers_with_adviser_due)"
        " and greatest(customers_contacted_enough, customers_with_adviser_due) <= customers, false)",
        sentence_en="No more customers were served as due than there are.",
        sentence_zh="服务达标客户数不超过客户数。",
        hurts=("service_standard_adherence",),
    ),
)


def assets(moment: Moment) -> tuple[Asset, ...]:
    """What these rules look at."""
    return (
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
            name="service_standard",
            query=sql.SQL(
                "select value_grade, customer_type, customers, customers_contacted_enough, customers_with_adviser_due,"
                " customers_kept from marts_build.service_standard_adherence"
            ),
            key=("value_grade", "customer_type"),
            public_key=True,
        ),
    )
