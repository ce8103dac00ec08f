"""What a gate found, as it is kept in schema `quality`: counts, sentences and hashed keys, never a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from customer_knowledge.warehouse.connections import Connection
from expectations.judge import Judged
from expectations.rules import ENOUGH_ROWS, Rule, Severity
from expectations.suite import Asset
from expectations.validation import Answer

Status = Literal["passed", "failed", "errored", "nothing_new"]

# Failing keys kept for one rule: enough to look into it, not a copy of the table.
KEYS_KEPT = 1000


@dataclass(frozen=True)
class CheckResult:
    """One rule's result: `evaluated` rows had something to judge, `failed` of them broke the rule."""

    check_id: str
    severity: Severity
    asset: str
    sentence_en: str
    sentence_zh: str
    evaluated: int
    failed: int
    status: Status
    named: tuple[str, ...] = ()

    @property
    def closes(self) -> bool:
        """Whether this keeps the gate closed: a stop rule that failed, or a rule that could not be judged."""
        return self.status == "errored" or (self.status == "failed" and self.severity == "stop")


@dataclass(frozen=True)
class GateReport:
    """The outcome of a gate run.

    Attributes:
        gate: its name.
        as_of_date: the day.
        run_id: the row of quality.check_run; None when the gate had passed before and was not held again.
        state: passed or closed.
        message: the outcome in words, without values.
        results: a result for each rule and asset.
        rejected: row versions set apart (landing gates).
    """

    gate: str
    as_of_date: date
    run_id: int | None
    state: Literal["passed", "closed"]
    message: str
    results: tuple[CheckResult, ...] = ()
    rejected: int = 0

    @property
    def closing(self) -> tuple[CheckResult, ...]:
        """The results that keep the gate closed."""
        return tuple(result for result in self.results if result.closes)


def result(rule: Rule, asset: Asset, judged: Judged | None, answer: Answer | None, named: list[str]) -> CheckResult:
    """Bring together what our SQL and Great Expectations found; a rule stands only where they agree."""
    count = None if judged is None else judged.counts.get(rule.id)
    return CheckResult(
        check_id=rule.id,
        severity=rule.severity,
        asset=rule.asset,
        sentence_en=rule.sentence_en,
        sentence_zh=rule.sentence_zh,
        evaluated=count.evaluated if count else 0,
        failed=count.failed if count else 0,
        status=status(rule, asset, judged, answer),
        named=tuple(named),
    )


def status(rule: Rule, asset: Asset, judged: Judged | None, answer: Answer | None) -> Status:
    """A rule's status: `errored`, closing the gate, unless it is known to be evaluated on enough rows."""
    if judged is None or rule.id not in judged.counts:
        return "errored"
    if judged.rows == 0 and asset.may_be_empty:
        return "nothing_new"
    count = judged.counts[rule.id]
    too_few = judged.rows < asset.minimum_rows
    vacuous = count.evaluated == 0 and judged.rows >= ENOUGH_ROWS and not rule.optional
    if too_few or vacuous or answer is None or answer.errored:
        return "errored"
    disagree = answer.success != (count.failed == 0) or answer.failed not in (None, count.failed)
    if disagree:
        return "errored"
    return "failed" if count.failed else "passed"


def message(gate: str, as_of_date: date, results: list[CheckResult], rejected: int) -> str:
    """The outcome in plain words: which rules, on what, how many rows. No values."""
    closing = [r for r in results if r.closes]
    if not closing:
        warned = sum(r.status == "failed" and r.severity == "warn" for r in results)
        text = f"gate {gate} passed for {as_of_date}: {len(results)} checks"
        text += f", {rejected} rows to quarantine" if rejected else ""
        return text + (f", warnings: {warned}" if warned else "")
    head = f"gate {gate} is closed for {as_of_date}: {len(closing)} of {len(results)} checks stand against it"
    return "\n".join([head, *(f"  {_line(r)}" for r in closing)])


def _line(r: CheckResult) -> str:
    which = f" ({', '.join(r.named)})" if r.named else ""
    what = f"{r.asset}.{r.check_id}{which}: “{r.sentence_en}” {r.sentence_zh}"
    if r.status == "errored":
        return f"{what} — could not be judged ({r.evaluated} rows with something to judge)"
    return f"{what} — fails for {r.failed} of {r.evaluated} rows"


def record(conn: Connection, report: GateReport, edition_id: int | None, started: datetime, finished: datetime) -> int:
    """Write the run, its results and the hashed keys of failing rows (from `pg_temp.failing`).

    Returns:
        The run's id.
    """
    row = conn.execute(
        "insert into quality.check_run"
        " (gate, as_of_date, edition_id, state, message, started_at, finished_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning run_id",
        (report.gate, report.as_of_date, edition_id, report.state, report.message, started, finished),
    ).fetchone()
    assert row is not None  # noqa: S101 — RETURNING gives the row
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into quality.check_result (run_id, check_id, severity, asset, sentence_en, sentence_zh,"
            " evaluated, failed, status) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (row[0], r.check_id, r.severity, r.asset, *sentences, r.evaluated, r.failed, r.status)
                for r in report.results
                for sentences in [(r.sentence_en, r.sentence_zh)]
            ],
        )
    conn.execute(
        "insert into quality.failing_key (run_id, check_id, asset, key_hash)"
        " select %s, rule_id, asset, key_hash from (select distinct on (asset, rule_id, key_hash) *,"
        "  dense_rank() over (partition by asset, rule_id order by key_hash) as place"
        "  from pg_temp.failing where key_hash is not null) as f where place <= %s",
        (row[0], KEYS_KEPT),
    )
    return int(row[0])
