"""What every landing gate asks of the ledger's figures, table by table, before any row is looked at."""

from __future__ import annotations

from expectations.rules import RowCondition, Rule

ASSET = "ledger"

# Shares are taken of at least this many rows: a handful of dirty rows on a quiet day is no reason to stop.
FLOOR = 1000

RULES: tuple[Rule, ...] = (
    RowCondition(
        id="enough_rows_read",
        asset=ASSET,
        severity="stop",
        condition="rows_read >= minimum_rows",
        sentence_en="The table has at least as many rows as the profile says it must have.",
        sentence_zh="表的行数不少于配置规定的最低行数。",
        hurts=("customer_360",),
    ),
    RowCondition(
        id="no_mass_delete",
        asset=ASSET,
        severity="stop",
        condition="rows_gone <= greatest(5, 0.05 * rows_before)",
        sentence_en="Not more than 5 percent of the rows that passed before have vanished.",
        sentence_zh="此前通过的行中消失的不超过百分之五。",
        hurts=("customer_360", "reconciliation"),
    ),
    RowCondition(
        id="few_rejections",
        asset=ASSET,
        severity="stop",
        condition=f"rows_refused <= 0.05 * greatest(rows_judged, {FLOOR})",
        sentence_en="Not more than 5 percent of the new rows were refused (of 1,000 at least).",
        sentence_zh="新到的行中被拒收的不超过百分之五（基数至少按一千行计）。",
        hurts=("customer_360", "reconciliation"),
    ),
    RowCondition(
        id="ledger_agrees",
        asset=ASSET,
        severity="stop",
        condition="versions_landed = versions_counted",
        sentence_en="Landing holds exactly the row versions that the ledger counted.",
        sentence_zh="落地层的行版本数与台账记录完全一致。",
        hurts=("reconciliation",),
    ),
    RowCondition(
        id="keys_once",
        asset=ASSET,
        severity="warn",
        condition="rows_repeated = 0",
        sentence_en="No row repeats another's key; one that does is left out, while the source's own totals hold it.",
        sentence_zh="主键不重复；重复行不落地，但源系统自身的合计仍含该行。",
        hurts=("reconciliation",),
    ),
)
