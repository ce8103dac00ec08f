"""What a source says has happened has happened by the business day."""

from __future__ import annotations

from expectations.rules import RowCondition, Severity


def happened(
    rule_id: str,
    asset: str,
    column: str,
    en: str,
    zh: str,
    hurts: tuple[str, ...],
    severity: Severity = "quarantine",
) -> RowCondition:
    """A rule that a day is not later than the business day; an empty day is none to judge.

    Args:
        rule_id: name of the rule.
        asset: table of the source.
        column: the day.
        en, zh: what happens on it, as "A premium is not paid" and 保费收款日期.
        hurts: marts that would be wrong.
        severity: of a day to come.
    """
    return RowCondition(
        id=rule_id,
        asset=asset,
        severity=severity,
        condition=f"{column} <= _as_of_date",
        optional=True,
        sentence_en=f"{en} on a day to come.",
        sentence_zh=f"{zh}不晚于业务日期。",
        hurts=hurts,
    )
