"""Rules of the marts gate about the trial of retention: its figures hold together, and the holdout was left alone."""

from __future__ import annotations

from psycopg import sql

from expectations.rules import RowCondition, Rule
from expectations.suite import Asset

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="effect_parts_within_whole",
        asset="effect_of_all",
        severity="stop",
        condition="coalesce(treated_kept <= treated and holdout_kept <= holdout"
        " and treated + holdout = by_month and treated + holdout = by_grade and treated + holdout = by_band, false)",
        sentence_en="No arm keeps more customers than it has; months, grades and bands each add up to all.",
        sentence_zh="任一组的留存客户不超过该组客户；按月、等级、风险档汇总均等于总体。",
        hurts=("retention_effect",),
    ),
    RowCondition(
        id="effect_lies_in_its_interval",
        asset="effect",
        severity="stop",
        # Without an arm there is no effect, and no limit either.
        condition="coalesce(effect between effect_low and effect_high and effect_low >= -1 and effect_high <= 1,"
        " num_nonnulls(effect, effect_low, effect_high) = 0)",
        sentence_en="An effect lies within its interval, and the interval between -1 and 1.",
        sentence_zh="效果落在其区间内，区间位于 -1 与 1 之间。",
        hurts=("retention_effect",),
    ),
    RowCondition(
        id="holdout_was_left_alone",
        asset="retention_task",
        severity="warn",
        condition="arm <> 'holdout' or contacted_on is null",
        sentence_en="Nobody called a customer of the holdout; who was called stays in it and hides some of the effect.",
        sentence_zh="留出组客户未被联系；被误联系者仍计入留出组，会稀释效果。",
        hurts=("retention_effect",),
    ),
)


def assets() -> tuple[Asset, ...]:
    """What these rules look at; all empty until a first window is over, or where no source has such tasks."""
    parts = {"month": "cohort_month", "grade": "value_grade", "band": "risk_band"}
    sums = sql.SQL(", ").join(
        sql.SQL("sum(treated + holdout) filter (where {} <> 'all') as {}").format(
            sql.Identifier(column), sql.Identifier(f"by_{name}")
        )
        for name, column in parts.items()
    )
    whole = "cohort_month = 'all' and value_grade = 'all' and risk_band = 'all'"
    ours = ", ".join(
        f"max({n}) filter (where {whole}) as {n}" for n in ("treated", "treated_kept", "holdout", "holdout_kept")
    )
    return (
        Asset(
            name="effect_of_all",
            query=sql.SQL(
                "select horizon_months, {ours}, {sums} from marts_build.retention_effect group by horizon_months"
            ).format(ours=sql.SQL(ours), sums=sums),
            key=("horizon_months",),
            public_key=True,
            may_be_empty=True,
        ),
        Asset(
            name="effect",
            query=sql.SQL(
                "select horizon_months, cohort_month, value_grade, risk_band, effect, effect_low, effect_high"
                " from marts_build.retention_effect"
            ),
            key=("horizon_months", "cohort_month", "value_grade", "risk_band"),
            public_key=True,
            may_be_empty=True,
        ),
        Asset(
            name="retention_task",
            query=sql.SQL("select retention_task_key, arm, contacted_on from core.fct_retention_task"),
            key=("retention_task_key",),
            may_be_empty=True,
        ),
    )
