"""The gates. Each asks every rule, records everything, and only then opens or stays closed.

A gate never deletes and never repairs. It opens only when every expected rule is known to have been
evaluated, on the rows it should have seen, by our own SQL and by Great Expectations alike.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from customer_knowledge.errors import GateClosed
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import Connection, dsn, warehouse
from expectations import judge, ledger, page, quarantine, results, validation
from expectations.ledger import Open
from expectations.results import CheckResult, GateReport
from expectations.suite import Asset, Moment, Suite
from expectations.suites import suite

log = logging.getLogger(__name__)


def landing_gate(profile: Profile, system: str, as_of_date: date) -> GateReport:
    """Judge what has landed from a system; reject, release, and let the day's batches pass or not.

    Idempotent: once passed, the gate is not held again; a closed one is judged anew from the beginning.

    Raises:
        GateClosed: after everything was recorded; the batches are `blocked`.
    """
    gate = f"landing_{system}"
    started = datetime.now(UTC)
    rules = suite(gate)
    connector = profile.connector(system)
    with warehouse(profile) as conn:
        # The lock under which a system lands: nothing lands while its gate is held.
        conn.execute("select pg_advisory_xact_lock(hashtext(%s))", (f"landing.{system}",))
        batches = {b.table.name: b for b in ledger.open_batches(conn, connector, as_of_date)}
        if all(b.state == "passed" for b in batches.values()):
            return GateReport(gate, as_of_date, None, "passed", f"gate {gate} had passed for {as_of_date}")
        tables = [batches[table.name] for table in quarantine.parents_first(connector)]
        run = _Run(conn, profile, gate, as_of_date, started)
        judged = _judge_landing(run, rules, tables)
        orphans = _reject(conn, rules, tables, batches)
        judged += [_judge(conn, rules, ledger.figures(conn, tables, _rows(judged)))]
        rejected = sum(quarantine.keep_payloads(conn, b, rules.rules_of(b.table.name)) for b in tables)
        report = _conclude(run, rules, judged, orphans, rejected)
        for batch in tables:
            ledger.close_batches(conn, batch, "passed" if report.state == "passed" else "blocked")
    return _open_or_raise(report)


def core_gate(profile: Profile, edition_id: int, as_of_date: date) -> GateReport:
    """Judge core before features and models read it.

    Raises:
        GateClosed: after everything was recorded; the edition is `blocked`.
    """
    return _edition_gate("core", profile, edition_id, as_of_date)


def ml_gate(profile: Profile, edition_id: int, as_of_date: date) -> GateReport:
    """Judge the day's scores before marts read them.

    Raises:
        GateClosed: after everything was recorded; the edition is `blocked`.
    """
    return _edition_gate("ml", profile, edition_id, as_of_date)


def marts_gate(profile: Profile, edition_id: int, as_of_date: date) -> GateReport:
    """Judge the marts just built, before they are published.

    Raises:
        GateClosed: after everything was recorded; the edition is `blocked`.
    """
    return _edition_gate("marts", profile, edition_id, as_of_date)


@dataclass(frozen=True)
class _Run:
    """One holding of a gate."""

    conn: Connection
    profile: Profile
    gate: str
    as_of_date: date
    started: datetime
    edition_id: int | None = None


@dataclass(frozen=True)
class _Judgement:
    """An asset and what our SQL found in it; None when the SQL itself failed."""

    asset: Asset
    judged: judge.Judged | None


def _edition_gate(gate: str, profile: Profile, edition_id: int, as_of_date: date) -> GateReport:
    started = datetime.now(UTC)
    rules = suite(gate)
    if rules.assets is None:
        raise GateClosed(f"suite {gate} names no assets, and nothing passes unasked")
    assets = rules.assets(Moment(profile, edition_id, as_of_date))
    with warehouse(profile) as conn:
        judge.prepare(conn)
        run = _Run(conn, profile, gate, as_of_date, started, edition_id)
        report = _conclude(run, rules, [_judge(conn, rules, asset) for asset in assets], [], 0)
    return _open_or_raise(report)


def _judge_landing(run: _Run, rules: Suite, tables: list[Open]) -> list[_Judgement]:
    """Judge the candidates of every table that has rules."""
    judge.prepare(run.conn)
    for batch in tables:
        quarantine.take_back(run.conn, batch)
    day = sql.Literal(run.as_of_date)
    return [
        _judge(
            run.conn,
            rules,
            Asset(
                name=batch.table.name,
                query=sql.SQL("select *, {}::date as _as_of_date from ({}) as candidate").format(
                    day, batch.candidates()
                ),
                key=batch.table.key,
                system=batch.system,
                may_be_empty=True,
            ),
        )
        for batch in tables
    ]


def _judge(conn: Connection, rules: Suite, asset: Asset) -> _Judgement:
    """Judge an asset. Where its SQL fails (a column gone), keep PostgreSQL's words back: they quote rows."""
    try:
        with conn.transaction():
            return _Judgement(asset, judge.judge(conn, asset, rules.rules_of(asset.name)))
    except psycopg.Error as error:
        log.error("rules of %s could not be judged: SQLSTATE %s", asset.name, error.sqlstate)
        return _Judgement(asset, None)


def _rows(judgements: list[_Judgement]) -> dict[str, int]:
    return {j.asset.name: j.judged.rows for j in judgements if j.judged is not None}


def _reject(conn: Connection, rules: Suite, tables: list[Open], batches: dict[str, Open]) -> list[CheckResult]:
    """Write the rejections; parents first, so that the children of a rejected parent are orphans at once."""
    for batch in tables:
        quarantine.reject_failing(conn, batch, rules.rules_of(batch.table.name))
        quarantine.reject_superseded(conn, batch)
    found = []
    for batch in tables:
        if not batch.table.parents:
            continue
        parents = {column: batches[parent] for column, parent in batch.table.parents.items()}
        count = quarantine.settle_orphans(conn, batch, parents)
        en, zh = quarantine.REASONS[quarantine.ORPHAN]
        state: results.Status = "failed" if count.failed else "passed" if count.evaluated else "nothing_new"
        found.append(
            CheckResult(
                quarantine.ORPHAN,
                "quarantine",
                batch.table.name,
                en,
                zh,
                count.evaluated,
                count.failed,
                state,
            )
        )
    return found


def _ask(run: _Run, rules: Suite, judgements: list[_Judgement]) -> dict[tuple[str, str], validation.Answer]:
    """Ask Great Expectations about all assets with rows; when it raises, it has answered nothing."""
    questions = [
        validation.Question(j.asset, rules.rules_of(j.asset.name), j.judged.rows)
        for j in judgements
        if j.judged is not None and j.judged.rows
    ]
    address = dsn(settings(), run.profile.database)
    try:
        return validation.validate(address, run.gate, questions, _docs())
    except Exception as error:  # whatever it is, the gate stays closed; its words may quote rows
        log.error("Great Expectations failed at gate %s: %s", run.gate, type(error).__name__)
        return {}


def _conclude(
    run: _Run, rules: Suite, judgements: list[_Judgement], more: Sequence[CheckResult], rejected: int
) -> GateReport:
    """Bring both judgements together for every rule of the suite, record the run, and block the edition."""
    answers = _ask(run, rules, judgements)
    by_asset = {j.asset.name: j for j in judgements}
    found = [
        results.result(
            rule,
            by_asset[rule.asset].asset if rule.asset in by_asset else _nowhere(rule.asset),
            by_asset[rule.asset].judged if rule.asset in by_asset else None,
            answers.get((rule.asset, rule.id)),
            judge.named(run.conn, rule.asset, rule.id),
        )
        for rule in rules.rules
    ] + list(more)
    closed = any(r.closes for r in found) or not found
    text = results.message(run.gate, run.as_of_date, found, rejected)
    report = GateReport(run.gate, run.as_of_date, None, "closed" if closed else "passed", text, tuple(found), rejected)
    run_id = results.record(run.conn, report, run.edition_id, run.started, datetime.now(UTC))
    _show(report)
    if closed:
        editions.block(run.conn, run.as_of_date, run.gate, text)
    return replace(report, run_id=run_id)


def _show(report: GateReport) -> None:
    """Write the gate's page. What it shows is recorded already, so a full disk closes nothing."""
    try:
        page.write(report, _docs())
    except OSError as error:
        log.error("the page of gate %s could not be written: %s", report.gate, type(error).__name__)


def _docs() -> Path:
    return settings().runs_dir / "data_docs"


def _nowhere(name: str) -> Asset:
    """Stands for an asset that rules name and nobody has: nothing of it can have been judged."""
    return Asset(name=name, query=sql.SQL("select 1 where false"), key=())


def _open_or_raise(report: GateReport) -> GateReport:
    log.log(logging.INFO if report.state == "passed" else logging.ERROR, report.message)
    if report.state == "closed":
        raise GateClosed(
            report.message,
            hint=f"the published edition stays; see `ck gate show {report.gate}`, mend the source, and `ck run` again",
        )
    return report


__all__ = ["GateClosed", "core_gate", "landing_gate", "marts_gate", "ml_gate"]
