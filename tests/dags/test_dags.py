"""What every DAG file must be: parsed without a database, owned, tagged, retried, one run at a time."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from customer_knowledge.dag_defaults import ANNOUNCEMENTS, OWNER, Tag, as_of_date, reread_since
from customer_knowledge.errors import ConfigurationError
from tests.dags.conftest import Parsed, dag_files

DAG_IDS = {
    "build_marts",
    "extract_crm",
    "extract_files",
    "extract_policy_admin",
    "score_customers",
    "train_models",
}
HEAVY = {
    "great_expectations",
    "sklearn",
    "scipy",
    "numpy",
    "pandas",
    "dbt",
    "skops",
    "mlflow",
    "psycopg",
    "models_ml",
    "expectations",
}


def test_dag_ids_are_exactly_those_that_exist(parsed: Parsed) -> None:
    assert parsed["errors"] == {}
    assert set(parsed["dags"]) == DAG_IDS


def test_every_file_defines_a_dag_named_like_it(parsed: Parsed) -> None:
    files = {dag["file"] for dag in parsed["dags"].values()}
    assert files == {path.name for path in dag_files()}
    assert all(dag["file"] == f"{dag_id}.py" for dag_id, dag in parsed["dags"].items())


def test_parsing_connects_to_nothing_and_imports_nothing_heavy(parsed: Parsed) -> None:
    assert parsed["connected"] == []
    imported = {name.split(".")[0] for name in parsed["imported"]}
    assert imported & HEAVY == set()
    assert not any(name.startswith("customer_knowledge.warehouse") for name in parsed["imported"])


def test_owner_retries_tags_and_one_run_at_a_time(parsed: Parsed) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["tags"], dag_id
        assert set(dag["tags"]) <= set(Tag), dag_id
        assert (dag["max_active_runs"], dag["catchup"]) == (1, False), dag_id
        for task_id, task in dag["tasks"].items():
            assert task["owner"] == OWNER, task_id
            assert task["retries"] >= 1, task_id
            assert task["retry_seconds"] <= 60, task_id


def test_a_closed_gate_is_not_tried_again_but_a_lost_server_is(parsed: Parsed) -> None:
    for dag in parsed["dags"].values():
        for task_id, task in dag["tasks"].items():
            assert task["after_closed_gate"] == "fail", task_id
            assert task["after_lost_server"] != "fail", task_id


def test_whoever_is_on_call_finds_words(parsed: Parsed) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert len(dag["doc"].split()) > 30, dag_id


@pytest.mark.parametrize(
    ("insurer", "landed"),
    [("sample", ["landing/crm", "landing/policy_admin"]), ("motor_portfolio", ["landing/motor_portfolio"])],
)
def test_a_day_flows_by_partitioned_assets(parse: Callable[[str], Parsed], insurer: str, landed: list[str]) -> None:
    dags = parse(insurer)["dags"]
    assert dags["build_marts"]["waits_for"] == landed
    assert dags["score_customers"]["waits_for"] == ["features"]
    # A plain `A & B` schedule was seen to mix days.
    assert {dags[d]["timetable"] for d in ("build_marts", "score_customers")} == {"PartitionedAssetTimetable"}
    extracts = {d for d in DAG_IDS if d.startswith("extract_")}
    assert {dags[d]["timetable"] for d in extracts} == {"PartitionedAtRuntime"}
    made = [name for dag in dags.values() for task in dag["tasks"].values() for name in task["outlets"]]
    assert set(landed) | {"features", "edition"} <= set(made)
    assert len(made) == len(set(made)), "an asset has two producers"


def test_only_what_passed_its_gate_is_announced(parsed: Parsed) -> None:
    dags = parsed["dags"]
    extracts = {d for d in DAG_IDS if "landing_gate" in dags[d]["tasks"]}
    assert extracts == {"extract_crm", "extract_files", "extract_policy_admin"}
    assert dags["build_marts"]["order"]["build_features"] == ["core_gate"]
    assert dags["score_customers"]["order"]["build_marts_tables"] == ["ml_gate"]
    assert dags["score_customers"]["order"]["publish"] == ["describe", "marts_gate"]
    for dag_id in extracts:
        assert dags[dag_id]["order"] == {"extract": [], "landing_gate": ["extract"], "announce": ["landing_gate"]}


def test_landings_are_announced_one_at_a_time(parsed: Parsed) -> None:
    """Two at once would leave the day standing still: apache/airflow#71070."""
    for dag in parsed["dags"].values():
        for task_id, task in dag["tasks"].items():
            lands = any(name.startswith("landing/") for name in task["outlets"])
            assert (task["pool"] == ANNOUNCEMENTS) == (lands or task_id == "announce"), task_id


@pytest.mark.parametrize("path", dag_files(), ids=lambda path: path.name)
def test_a_dag_file_is_thin(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    module = ast.parse(text)
    outside = [n for n in module.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    roots = {(n.module if isinstance(n, ast.ImportFrom) else n.names[0].name) or "" for n in outside}
    allowed = {"__future__", "functools", "operator", "typing", "airflow.sdk", "customer_knowledge.dag_defaults"}
    assert roots <= allowed
    # The business date is the partition key; the clock and Airflow's own dates are not.
    names = {n.attr for n in ast.walk(module) if isinstance(n, ast.Attribute)}
    assert not names & {"logical_date", "data_interval_start", "data_interval_end", "now", "today", "utcnow"}


def test_a_run_that_is_told_to_reads_again_what_landed_before_it() -> None:
    began, due = datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 7, tzinfo=UTC)
    told = SimpleNamespace(conf={"reread": True}, start_date=began, run_after=due)
    assert reread_since(told) == began
    assert reread_since(SimpleNamespace(conf={"reread": True}, start_date=None, run_after=due)) == due
    for conf in (None, {}, {"reread": False}, {"force": True}):
        assert reread_since(SimpleNamespace(conf=conf, start_date=began, run_after=due)) is None


def test_the_business_date_is_the_partition_key() -> None:
    assert as_of_date(SimpleNamespace(partition_key="2026-06-30")).isoformat() == "2026-06-30"


@pytest.mark.parametrize(
    "key", [None, "", "yesterday", "2026-6-30", "20260630", "2026-W27-2", "2026-02-30", "2026-06-30'; drop table x"]
)
def test_any_other_key_is_refused(key: str | None) -> None:
    with pytest.raises(ConfigurationError, match="partition key"):
        as_of_date(SimpleNamespace(partition_key=key, logical_date="2026-06-30"))
