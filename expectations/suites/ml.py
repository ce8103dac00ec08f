"""Gate of the scores: every unit at risk has one, they are probabilities, and they say something."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import Between, RowCondition, Rule, Varies
from expectations.suite import Asset, Moment, Suite

_CHURN = ("customer_churn", "retention_worklist")

RULES: tuple[Rule, ...] = (
    Between(
        id="lapse_is_a_probability",
        asset="policy_lapse",
        severity="stop",
        column="p_churn",
        at_least=0,
        at_most=1,
        sentence_en="A policy's lapse score is a probability.",
        sentence_zh="保单失效评分是零到一之间的概率。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="scored_policy_in_force",
        asset="policy_lapse",
        severity="stop",
        condition="coalesce(in_force_flag, false)",
        sentence_en="A scored policy is in force.",
        sentence_zh="被评分的保单处于有效状态。",
        hurts=_CHURN,
    ),
    Varies(
        id="lapse_scores_vary",
        asset="policy_lapse",
        severity="stop",
        column="p_churn",
        sentence_en="Lapse scores are not the same for everybody.",
        sentence_zh="失效评分并非人人相同。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="exits_compete",
        asset="policy_lapse",
        severity="stop",
        condition="abs(p_churn - p_lapse - p_surrender) <= 2e-6"
        " and p_lapse + p_surrender + p_claim_exit + p_other_exit <= 1 + 4e-6",
        sentence_en="Chances by cause add up to at most one; those of lapse and surrender to the score.",
        sentence_zh="保单只退出一次:各原因概率之和不超过一,失效与退保之和等于流失评分。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="every_score_has_a_reason",
        asset="policy_lapse",
        severity="stop",
        condition="reason_1_code is not null",
        sentence_en="Every score says what weighs most in it.",
        sentence_zh="每个评分都给出影响最大的原因。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="every_unit_scored_once",
        asset="unit_at_risk",
        severity="stop",
        condition="is_current and is_scored",
        sentence_en="Every unit at risk has a score, and no score lacks its unit.",
        sentence_zh="每个风险单位都有评分，且每个评分都有对应的风险单位。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="lapse_level_plausible",
        asset="lapse_level",
        severity="warn",
        condition="mean_p_churn between mean_baseline / 3 and mean_baseline * 3",
        sentence_en="The mean lapse score is within three times the cohort table's.",
        sentence_zh="平均失效评分在队列表平均值的三倍以内。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="scores_have_not_drifted",
        asset="model_drift",
        severity="warn",
        condition="psi < 0.25",
        sentence_en="Today's scores are spread as in the last year of training (stability index below 0.25).",
        sentence_zh="今日评分分布与训练末年相近（群体稳定性指标低于0.25）。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="churn_in_order",
        asset="customer_churn",
        severity="stop",
        condition="0 <= p_lose_all and p_lose_all <= p_lose_any + 1e-9 and p_lose_any <= 1",
        sentence_en="Losing all policies is not likelier than losing any; both are probabilities.",
        sentence_zh="失去全部保单的概率不高于失去任一保单的概率，且均在零到一之间。",
        hurts=_CHURN,
    ),
    RowCondition(
        id="value_is_a_number",
        asset="customer_value",
        severity="stop",
        condition="clv <> 'NaN'::numeric and expected_premium_12m >= 0",
        sentence_en="A customer's value is a number, and the premium expected is not negative.",
        sentence_zh="客户价值是有效数字，且预期保费不为负数。",
        hurts=("customer_value",),
    ),
    RowCondition(
        id="no_segment_holds_everybody",
        asset="segment_share",
        severity="warn",
        condition="share <= 0.9",
        sentence_en="No segment holds more than 90 percent of the customers.",
        sentence_zh="没有任何客群占全部客户的百分之九十以上。",
        hurts=("customer_segment",),
    ),
)


def assets(moment: Moment) -> tuple[Asset, ...]:
    """The scores of the as-of date, beside what they are scores of."""
    scored_on = sql.Literal(moment.as_of_date)
    return (
        Asset(
            name="policy_lapse",
            query=sql.SQL(
                "select s.unit_key, s.horizon_months, s.p_churn, s.p_lapse, s.p_surrender,"
                " s.p_claim_exit, s.p_other_exit, s.reason_1_code, p.in_force_flag from ml.policy_lapse as s"
                " left join core.dim_policy as p on p.policy_key = s.policy_key where s.as_of_date = {}"
            ).format(scored_on),
            key=("unit_key", "horizon_months"),
        ),
        Asset(
            name="unit_at_risk",
            query=sql.SQL(
                "select coalesce(f.unit_key, s.unit_key) as unit_key,"
                " f.unit_key is not null as is_current, s.unit_key is not null as is_scored"
                " from (select unit_key from features.features__policy_as_of where is_current) as f"
                " full join (select unit_key from ml.policy_lapse where as_of_date = {} and horizon_months = 12) as s"
                " on s.unit_key = f.unit_key"
            ).format(scored_on),
            key=("unit_key",),
        ),
        Asset(
            name="lapse_level",
            query=sql.SQL(
                "select 'all' as part, avg(p_churn) as mean_p_churn, avg(baseline_p_churn) as mean_baseline"
                " from ml.policy_lapse where as_of_date = {} and horizon_months = 12"
            ).format(scored_on),
            key=("part",),
            public_key=True,
        ),
        Asset(
            name="model_drift",
            query=sql.SQL(
                "select model_name, psi from ml.model_drift where as_of_date = {} and feature = 'p_churn'"
            ).format(scored_on),
            key=("model_name",),
            public_key=True,
        ),
        Asset(
            name="customer_churn",
            query=sql.SQL(
                "select customer_key, p_lose_any, p_lose_all from ml.customer_churn where as_of_date = {}"
            ).format(scored_on),
            key=("customer_key",),
        ),
        Asset(
            name="customer_value",
            query=sql.SQL(
                "select customer_key, clv, expected_premium_12m from ml.customer_value where as_of_date = {}"
            ).format(scored_on),
            key=("customer_key",),
        ),
        Asset(
            name="segment_share",
            query=sql.SQL(
                "select segment_id, count(*)::double precision / sum(count(*)) over () as share"
                " from ml.customer_segment where as_of_date = {} group by segment_id"
            ).format(scored_on),
            key=("segment_id",),
            public_key=True,
        ),
    )


SUITE = Suite("ml", RULES, assets)
