"""Rules of the marts gate about measures that have to add up: products, segments, persistency, metric values."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset

RULES: tuple[Rule, ...] = (
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
)


def assets() -> tuple[Asset, ...]:
    """What these rules look at."""
    return (
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
    )
