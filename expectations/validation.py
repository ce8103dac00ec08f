"""Great Expectations, run in code: an ephemeral context, suites from our rules, results without values."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations import data_docs
from expectations.rules import Rule
from expectations.suite import Asset

log = logging.getLogger(__name__)

# No value of any row in any result: not in lists of examples, not in counts by value.
RESULT_FORMAT = {
    "result_format": "SUMMARY",
    "exclude_unexpected_values": True,
    "partial_unexpected_count": 0,
}
_ROWS_SEEN = "rows_seen"


@dataclass(frozen=True)
class Question:
    """What Great Expectations is asked: an asset, its rules, and how many rows it must find there."""

    asset: Asset
    rules: tuple[Rule, ...]
    rows: int


@dataclass(frozen=True)
class Answer:
    """What it said about one rule; `failed` is None where it counts no rows."""

    success: bool
    errored: bool
    failed: int | None


def validate(dsn: str, gate: str, questions: Sequence[Question], docs: Path) -> dict[tuple[str, str], Answer]:
    """Ask Great Expectations everything in one validation run and write the run's Data Docs.

    Args:
        dsn: libpq address of the warehouse.
        gate: name of the gate, as the pages show it.
        questions: what to ask.
        docs: folder of Data Docs; the gate's last run replaces the one before.

    Returns:
        Answers by (asset, rule id). A missing one was not evaluated. An asset of which it saw another number
        of rows than it must answers nothing at all.
    """
    asked = [question for question in questions if question.rules]
    if not asked:
        return {}
    context = _context(dsn)
    try:
        definitions = [_definition(context, gate, question) for question in asked]
        import great_expectations as gx

        checkpoint = context.checkpoints.add(
            gx.Checkpoint(name=gate, validation_definitions=definitions, result_format=RESULT_FORMAT)
        )
        run = checkpoint.run()
        data_docs.write(context, gate, docs)
    finally:
        context.data_sources.get("warehouse").get_execution_engine().engine.dispose()
    answers: dict[tuple[str, str], Answer] = {}
    for result in run.run_results.values():
        answers |= _answers(str(result.suite_name), result.results)
    return answers


def _context(dsn: str) -> Any:
    """A context that keeps nothing, sends nothing and shows no progress bars; its data source `warehouse`."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    scheme, _, rest = dsn.partition("://")
    if scheme not in ("postgresql", "postgres"):
        raise ValueError("the warehouse's address must be a URL (postgresql://…)")
    # Each asset's query runs once, into a temporary table that all of its rules then read.
    with warnings.catch_warnings():
        # It recommends its own class for PostgreSQL, which refuses libpq's addresses.
        warnings.simplefilter("ignore")
        context.data_sources.add_or_update_sql(
            "warehouse", connection_string=f"postgresql+psycopg://{rest}", create_temp_table=True
        )
    return context


def _definition(context: Any, gate: str, question: Question) -> Any:
    import great_expectations as gx
    from great_expectations.expectations.core.expect_table_row_count_to_equal import (
        ExpectTableRowCountToEqual,
    )

    name = question.asset.name
    source = context.data_sources.get("warehouse")
    asset = source.add_query_asset(name, query=question.asset.query.as_string(None))
    seen = ExpectTableRowCountToEqual(
        value=question.rows,
        meta={"rule_id": _ROWS_SEEN},
        description="All rows were seen. / 全部行均已检查。",
    )
    rules = [rule.expectation(question.rows) for rule in question.rules]
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=[seen, *rules]))
    return context.validation_definitions.add(
        gx.ValidationDefinition(name=f"{gate}.{name}", data=asset.add_batch_definition_whole_table("all"), suite=suite)
    )


def _answers(asset: str, results: Iterable[Any]) -> dict[tuple[str, str], Answer]:
    """One asset's answers; none when it saw other rows than we did."""
    found = {(asset, str(r.expectation_config.meta["rule_id"])): _answer(r) for r in results}
    seen = found.pop((asset, _ROWS_SEEN), None)
    if seen is None or not seen.success or seen.errored:
        log.error("Great Expectations did not see the rows of %s that the gate judges", asset)
        return {}
    return found


def _answer(result: Any) -> Answer:
    failed = result.result.get("unexpected_count")
    if failed is None and result.expectation_config.type == "unexpected_rows_expectation":
        failed = result.result.get("observed_value")
    return Answer(
        success=bool(result.success),
        errored=_raised(result.exception_info),
        failed=None if failed is None else int(failed),
    )


def _raised(info: Any) -> bool:
    """Whether an exception was raised: said at the top, or for each metric one level below."""
    if not isinstance(info, dict):
        return info is not None
    return bool(info.get("raised_exception")) or any(
        bool(part.get("raised_exception")) for part in info.values() if isinstance(part, dict)
    )
