"""MLflow mirrors `ml.model_run`: on a real PostgreSQL, once, with what the row says, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.warehouse.connections import BI, connect, warehouse
from models_ml import lifecycle
from models_ml.common import runs, tracking
from models_ml.common.runs import Trained
from tests.conftest import clone
from tests.models_ml import made

pytestmark = pytest.mark.postgres
METRICS = {"auc": 0.71, "rows": 500, "grade": "A", "deciles": [{"expected": 1.0}], "used_features": ["a", "b"]}
BASELINE = {"cohort": {"auc": 0.6, "grade": "D"}, "one_class": {"bic": 12.5}}


@pytest.fixture(scope="module")
def insurer(template: Profile) -> Profile:
    """An insurer with two runs of churn, the second kept back, told to MLflow."""
    profile = clone(template, load("sample"))
    digest = lifecycle._spec_digest(profile, "churn")
    with warehouse(profile) as connection:
        for metrics, published in ((METRICS, True), (METRICS | {"grade": "C", "auc": 0.55}, False)):
            trained = Trained({"weights": [1.0]}, metrics, BASELINE, 1234, made.YEAR_BEFORE, made.DAY)
            runs.record(connection, profile, "churn", made.DAY, trained, digest, is_published=published)
    assert lifecycle.track(profile) == 2
    return profile


def told(profile: Profile) -> list[SimpleNamespace]:
    client = tracking.client(profile)
    experiment = client.get_experiment_by_name("churn")
    found = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
    return sorted((run.data for run in found), key=lambda data: int(data.tags["model_run_id"]))


def test_runs_are_told_with_numbers_tags_and_parameters(insurer: Profile) -> None:
    first, second = told(insurer)
    assert first.metrics == {"auc": 0.71, "rows": 500.0, "baseline.cohort.auc": 0.6, "baseline.one_class.bic": 12.5}
    assert (first.tags["grade"], first.tags["is_published"], first.tags["is_champion"]) == ("A", "True", "True")
    assert (second.tags["grade"], second.tags["is_published"], second.tags["is_champion"]) == ("C", "False", "False")
    assert first.params["trained_rows"] == "1234"
    assert first.params["used_features"] == "2"
    assert first.params["spec.seed"] == str(insurer.random_seed)
    with warehouse(insurer) as connection:
        digests = [row[0] for row in connection.execute("select artefact_sha256 from ml.model_run order by 1")]
    assert sorted(data.tags["artefact_sha256"] for data in (first, second)) == digests


def test_nothing_is_told_twice_and_champions_follow(insurer: Profile) -> None:
    assert lifecycle.track(insurer) == 0
    with warehouse(insurer) as connection:
        trained = Trained({"weights": [2.0]}, METRICS, {}, 99)
        runs.record(connection, insurer, "churn", made.DAY, trained, "of other code")
    assert lifecycle.track(insurer) == 1
    found = told(insurer)
    assert [data.tags["is_champion"] for data in found] == ["False", "False", "True"]
    # What it was trained with is not what today's code says.
    assert not any(name.startswith("spec.") for name in found[2].params)


def test_a_run_told_by_half_is_told_again(insurer: Profile) -> None:
    client = tracking.client(insurer)
    whole = client.get_experiment_by_name("churn").experiment_id
    before = len(told(insurer))
    last = max(client.search_runs([whole]), key=lambda run: int(run.data.tags["model_run_id"]))
    client.update_run(last.info.run_id, status="RUNNING")
    assert lifecycle.track(insurer) == 1
    assert len(told(insurer)) == before


def test_only_the_pipeline_sees_it_and_no_file_is_written(insurer: Profile) -> None:
    with connect(insurer.database, BI) as connection:
        row = connection.execute("select has_schema_privilege('mlflow', 'usage')").fetchone()
    assert row == (False,)
    with warehouse(insurer) as connection:
        places = connection.execute("select table_schema from information_schema.tables where table_name = 'runs'")
        assert places.fetchall() == [("mlflow",)]
    files = {path.suffix for path in tracking.artefacts.folder(insurer).rglob("*") if path.is_file()}
    assert files == {".skops"}
