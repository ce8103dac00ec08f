"""What a source says has happened has happened, or will within a month of the business day."""

from __future__ import annotations

from expectations.rules import RowCondition, Severity

AHEAD = 31


def happened(
    rule_id: str,
    asset: str,
    column: str,
    en: str,
    zh: str,
    hurts: tuple[str, ...],
    severity: Severity = "quarantine",
) -> RowCondition:
    """A rule that a day is not later than `AHEAD` days after the business day; an empty day is none to judge.

    A source read after midnight, or that books ahead, has rows of days just to come. They would be set apart for good:
    what has not changed is not judged again. Facts count from when they are known in any case.

    Args:
        rule_id: name of the rule.
        asset: table of the source.
        column: the day.
        en, zh: what happens on it, as "A premium is not paid" and 保费收款日期.
        hurts: marts that would be wrong.
        severity: of a day further ahead.
    """
    return RowCondition(
        id=rule_id,
        asset=asset,
        severity=severity,
        condition=f"{column} <= _as_of_date + {AHEAD}",
        optional=True,
        sentence_en=f"{en} more than {AHEAD} days after the business day.",
        sentence_zh=f"{zh}不晚于业务日期后{AHEAD}天。",
        hurts=hurts,
    )
