"""Train, store, check, score: on a real PostgreSQL with made features."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date

import pandas as pd
import psycopg
import pytest

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import warehouse
from models_ml import lifecycle
from models_ml.churn import features as churn_features
from models_ml.churn import score as churn_score
from models_ml.churn import spec as churn_spec
from models_ml.churn.spec import HORIZONS
from models_ml.common import artefacts, customers, runs
from models_ml.common.writing import CHUNK, replace
from models_ml.value import features as value_features
from models_ml.value.spec import ValueSpec, flat
from tests.conftest import clone
from tests.models_ml import made

pytestmark = pytest.mark.postgres
TABLES = ("policy_lapse", "customer_churn", "customer_value", "customer_segment", "next_best_product", "model_drift")


@pytest.fixture(scope="module")
def landed(template: Profile) -> Profile:
    """A warehouse with made features and trained champions, which tests copy."""
    from customer_knowledge.profile import load

    profile = clone(template, load("sample"))
    with warehouse(profile) as connection:
        made.land(connection)
    lifecycle.ensure_champions(profile, made.DAY)
    return profile


@pytest.fixture
def insurer(landed: Profile) -> Iterator[Profile]:
    profile = clone(landed, landed)
    source, target = artefacts.folder(landed), artefacts.folder(profile)
    for path in source.rglob("*.skops"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    yield profile


def contents(profile: Profile) -> dict[str, list[object]]:
    """All scores, without the run's number."""
    found: dict[str, list[object]] = {}
    with warehouse(profile) as connection:
        for table in TABLES:
            rows = connection.execute(
                f"select to_jsonb(t) - 'model_run_id' from ml.{table} as t order by to_jsonb(t)::text"
            )
            found[table] = [row[0] for row in rows]
    return found


def execute(profile: Profile, statement: str) -> None:
    with warehouse(profile) as connection:
        connection.execute(statement.encode())


def artefact(profile: Profile, model: str) -> tuple[str, bytes]:
    (path,) = (artefacts.folder(profile) / model).glob("*.skops")
    return f"{model}/{path.name}", path.read_bytes()


def test_importing_the_lifecycle_is_cheap() -> None:
    code = "import sys, models_ml.lifecycle; print([m for m in ('sklearn', 'pandas', 'skops') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_everybody_is_scored_once_and_scoring_again_changes_nothing(insurer: Profile) -> None:
    written = lifecycle.score_all(insurer, made.DAY)
    first = contents(insurer)
    assert written == {table: len(rows) for table, rows in first.items()}
    for table in ("customer_churn", "customer_value", "customer_segment"):
        assert sorted(row["customer_key"] for row in first[table]) == made.keys()  # type: ignore[index]
    assert written["policy_lapse"] == 250 * len(HORIZONS)
    assert lifecycle.score_all(insurer, made.DAY) == written
    assert contents(insurer) == first
    with warehouse(insurer) as connection:
        without = connection.execute(
            "select count(*) from ml.next_best_product join features.features__customer_as_of using (customer_key,"
            " as_of_date) where not marketing_consent"
        ).fetchone()
        champions = connection.execute(
            "select model_name, (metrics ->> 'auc') is not null or metrics <> '{}' from ml.model_run where is_champion"
        ).fetchall()
    assert without == (0,)
    assert sorted(champions) == [(name, True) for name in sorted(lifecycle.MODELS)]


def test_whom_grades_favour_is_told(insurer: Profile) -> None:
    with warehouse(insurer) as connection:
        row = connection.execute(
            "select metrics -> 'fairness' from ml.model_run where model_name = 'value' and is_champion"
        ).fetchone()
    assert row is not None
    assert set(row[0]) == {"customer_type", "sex", "age_band"}
    sexes = row[0]["sex"]
    assert sum(group["rows"] for group in sexes.values()) == made.CUSTOMERS
    assert sexes["F"]["A"] > 0.2 > 0.01 > sexes["M"]["A"]
    assert all(sum(group[letter] for letter in "ABCD") == pytest.approx(1, abs=1e-5) for group in sexes.values())


def test_champions_are_kept_and_trained_anew_when_asked(insurer: Profile) -> None:
    kept = lifecycle.ensure_champions(insurer, made.DAY)
    assert lifecycle.ensure_champions(insurer, made.DAY) == kept
    lifecycle.score_all(insurer, made.DAY)
    before = contents(insurer)
    new = lifecycle.train_all(insurer, made.DAY)
    assert not set(new.values()) & set(kept.values())
    assert lifecycle.ensure_champions(insurer, made.DAY) == new
    lifecycle.score_all(insurer, made.DAY)
    assert contents(insurer) == before


def test_cut_points_stay_for_the_year_and_grades_remember(insurer: Profile) -> None:
    lifecycle.score_all(insurer, made.DAY)
    execute(insurer, "update features.features__customer_as_of set claims_paid_to_date = claims_paid_to_date * 3")
    lifecycle.train_all(insurer, made.DAY)
    with warehouse(insurer) as connection:
        cuts = connection.execute("select metrics -> 'cuts' from ml.model_run where model_name = 'value'").fetchall()
    assert len(cuts) == 2
    assert cuts[0] == cuts[1]
    execute(insurer, "update ml.customer_value set as_of_date = as_of_date - 1, value_grade = 'D'")
    lifecycle.score_all(insurer, made.DAY)
    with warehouse(insurer) as connection:
        grades = connection.execute(
            "select distinct prior_grade from ml.customer_value where as_of_date = %s", (made.DAY,)
        ).fetchall()
    assert grades == [("D",)]


def test_a_run_graded_too_low_is_kept_back(insurer: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last good model goes on; without one, the poor one scores and says so."""
    kept = lifecycle.ensure_champions(insurer, made.DAY)
    monkeypatch.setattr("models_ml.churn.train.grade", lambda *_: "C")
    assert lifecycle.train_all(insurer, made.DAY)["churn"] == kept["churn"]
    assert lifecycle.ensure_champions(insurer, made.DAY)["churn"] == kept["churn"]
    with warehouse(insurer) as connection:
        rows = connection.execute(
            "select metrics ->> 'grade', is_published, is_champion from ml.model_run where model_name = 'churn'"
            " order by model_run_id"
        ).fetchall()
    assert [row[1:] for row in rows] == [(True, True), (False, False)]
    assert rows[0][0] in "AB"
    execute(insurer, "update ml.model_run set is_published = false")
    assert lifecycle.ensure_champions(insurer, made.DAY)["churn"] not in kept.values()


def test_what_is_written_after_the_date_moves_nothing(insurer: Profile) -> None:
    """Later rows, and labels known later, are turned upside down; training and scores stay as they were."""
    lifecycle.train_all(insurer, made.DAY)
    lifecycle.score_all(insurer, made.DAY)
    before = contents(insurer)
    execute(
        insurer,
        """
        insert into features.features__policy_as_of
            select (jsonb_populate_record(t, jsonb_build_object('unit_key', 'later' || unit_key,
                'as_of_date', '2026-12-31', 'payments_missed_12m', 9, 'is_current', true))).*
            from features.features__policy_as_of as t where is_current;
        insert into features.features__policy_label
            select (jsonb_populate_record(t, jsonb_build_object('unit_key', 'later' || unit_key,
                'as_of_date', '2026-12-31', 'exit_within_horizon', true))).*
            from features.features__policy_label as t where as_of_date = '2026-06-30';
        update features.features__policy_label set exit_within_horizon = not exit_within_horizon, next_premium = 1
            where label_known_on > '2026-06-30';
        insert into features.features__customer_as_of
            select (jsonb_populate_record(t, '{"as_of_date": "2026-12-31", "annual_premium_in_force": 1}')).*
            from features.features__customer_as_of as t where as_of_date = '2026-06-30';
        insert into features.features__customer_moment
            select (jsonb_populate_record(t, jsonb_build_object('as_of_date', later, 'holds_life', false))).*
            from features.features__customer_moment as t, unnest(array['2025-12-31', '2026-12-31']) as later;
        insert into features.features__customer_purchase values
            ('2025-12-31', 'c0000', 'life'), ('2026-12-31', 'c0000', 'life');
        """,
    )
    lifecycle.train_all(insurer, made.DAY)
    lifecycle.score_all(insurer, made.DAY)
    assert contents(insurer) == before


def test_of_very_many_customers_a_share_is_learnt_from_and_everybody_scored(insurer: Profile) -> None:
    with warehouse(insurer) as connection:
        everybody = churn_features.training(connection, churn_spec.ChurnSpec(), made.DAY)
        spec = churn_spec.ChurnSpec(learnt_from=len(everybody) // 2)
        share = churn_features.learnt_share(connection, spec, made.DAY)
        learnt = churn_features.training(connection, spec, made.DAY, share=share)
        groups = churn_features.audited(connection, made.DAY, share=share)
        drawn = customers.read(connection, made.DAY, customers.contract(()), share=share)
        at_risk = churn_features.current(connection, spec, made.DAY)
    assert 0.3 < share < 0.7
    own = set(learnt["customer_key"])
    assert 0.3 < len(own) / everybody["customer_key"].nunique() < 0.7
    # All units of a customer or none, with all of their labels and groups; the same customers in every table.
    assert set(everybody.loc[everybody["customer_key"].isin(own), "unit_key"]) == set(learnt["unit_key"])
    assert set(learnt["unit_key"]) <= set(groups["unit_key"])
    assert len(groups) < 0.7 * len(everybody)
    assert own <= set(drawn["customer_key"])
    assert not set(drawn["customer_key"]) & (set(everybody["customer_key"]) - own)
    assert len(at_risk) == lifecycle.score_all(insurer, made.DAY)["policy_lapse"] // len(HORIZONS)


def test_an_altered_artefact_is_refused_and_nothing_is_written(insurer: Profile) -> None:
    name, data = artefact(insurer, "churn")
    (artefacts.folder(insurer) / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for step in (lifecycle.score_all, lifecycle.ensure_champions):
        with pytest.raises(ModelRefused, match="its digest differs"):
            step(insurer, made.DAY)
    assert not any(contents(insurer).values())


def test_a_file_altered_together_with_its_record_is_refused(insurer: Profile) -> None:
    """Whoever can write file and record but not the key gets nothing loaded."""
    name, data = artefact(insurer, "churn")
    altered = data + b" "
    (artefacts.folder(insurer) / name).write_bytes(altered)
    execute(
        insurer,
        f"update ml.model_run set artefact_sha256 = '{hashlib.sha256(altered).hexdigest()}' where model_name = 'churn'",
    )
    for step in (lifecycle.score_all, lifecycle.ensure_champions):
        with pytest.raises(ModelRefused, match="not signed by this installation"):
            step(insurer, made.DAY)
    assert not any(contents(insurer).values())


def test_the_signing_key_is_ours_alone(insurer: Profile) -> None:
    key = settings().secrets_dir / artefacts.SIGNING_KEY
    assert key.stat().st_mode & 0o777 == 0o600


def test_reasons_recompute_from_stored_features(insurer: Profile) -> None:
    lifecycle.score_all(insurer, made.DAY)
    with warehouse(insurer) as connection:
        run = runs.scoring_run(connection, "churn", made.DAY)
        assert run is not None
        units = churn_features.current(connection, churn_spec.of(insurer), made.DAY)
        again = churn_score.policies(units, artefacts.load(insurer, run.artefact))
        columns = ["unit_key", "horizon_months", *churn_score.REASON_COLUMNS]
        stored = connection.execute(
            f"select {', '.join(columns)} from ml.policy_lapse order by horizon_months desc, unit_key"
        ).fetchall()
    assert all(row[2] is not None for row in stored)
    expected = again.sort_values(["horizon_months", "unit_key"], ascending=[False, True])[columns]
    assert [tuple(row) for row in stored] == list(expected.itertuples(index=False, name=None))


def test_a_missing_artefact_is_refused_by_scoring_and_replaced_by_ensuring(insurer: Profile) -> None:
    name, _ = artefact(insurer, "segmentation")
    (artefacts.folder(insurer) / name).unlink()
    with pytest.raises(ModelRefused, match="is missing"):
        lifecycle.score_all(insurer, made.DAY)
    lifecycle.ensure_champions(insurer, made.DAY)
    assert lifecycle.score_all(insurer, made.DAY)["customer_segment"] == made.CUSTOMERS


def test_foreign_types_are_refused_even_with_the_right_digest(insurer: Profile) -> None:
    from sklearn.preprocessing import FunctionTransformer
    from skops import io as skops

    stored = artefacts.save(insurer, "churn", made.DAY, {"model": FunctionTransformer(subprocess.run)})
    assert zipfile.is_zipfile(io.BytesIO((artefacts.folder(insurer) / stored.path).read_bytes()))
    assert skops.get_untrusted_types(file=artefacts.folder(insurer) / stored.path)
    with pytest.raises(ModelRefused, match="not trusted"):
        artefacts.load(insurer, stored)


def test_a_protected_feature_is_refused_at_run_time(insurer: Profile) -> None:
    execute(insurer, "update core.feature_registry set is_protected = true where feature = 'annual_premium'")
    with pytest.raises(ModelRefused, match="annual_premium is protected"):
        lifecycle.score_all(insurer, made.DAY)
    with pytest.raises(ModelRefused, match="annual_premium is protected"):
        lifecycle.train_all(insurer, made.DAY)


def test_a_lost_column_is_refused(insurer: Profile) -> None:
    execute(insurer, "alter table features.features__customer_as_of drop column tenure_months")
    with pytest.raises(ModelRefused, match="tenure_months is missing"):
        lifecycle.score_all(insurer, made.DAY)


def test_scores_of_an_unrecorded_run_are_refused(insurer: Profile) -> None:
    scored = pd.DataFrame({"customer_key": ["c"], "segment_id": [1], "membership": [1.0], "model_run_id": [999_999]})
    with warehouse(insurer) as connection, pytest.raises(ModelRefused, match="not recorded"):
        replace(connection, "customer_segment", made.DAY, scored)


def test_what_is_written_is_what_was_scored(insurer: Profile) -> None:
    keys = ['quo"te', "com,ma", "line\nbreak", "客户", "", "\\N", "null"]
    shares = [1 / 3, 1e-300, 0.1 + 0.2, 1.0, 2 / 3, 0.0, 1e22]
    with warehouse(insurer) as connection:
        run = runs.scoring_run(connection, "segmentation", made.DAY)
        assert run is not None
        scored = pd.DataFrame({"customer_key": keys, "segment_id": range(7), "membership": shares})
        replace(connection, "customer_segment", made.DAY, scored.assign(model_run_id=run.model_run_id))
        rows = connection.execute(
            "select customer_key, segment_id, membership from ml.customer_segment where as_of_date = %s order by 2",
            (made.DAY,),
        ).fetchall()
    assert rows == list(zip(keys, range(7), shares, strict=True))


def test_what_the_database_refuses_is_told(insurer: Profile) -> None:
    keys = [f"c{number}" for number in range(3 * CHUNK)]
    scored = pd.DataFrame({"customer_key": keys, "segment_id": 1, "membership": 1.0})
    scored.loc[0, "membership"] = float("nan")
    with pytest.raises(psycopg.errors.NotNullViolation, match="membership"), warehouse(insurer) as connection:
        run = runs.scoring_run(connection, "segmentation", made.DAY)
        assert run is not None
        replace(connection, "customer_segment", made.DAY, scored.assign(model_run_id=run.model_run_id))


def test_a_curve_that_ends_too_early_is_refused(insurer: Profile) -> None:
    execute(insurer, "update features.features__discount_factor set factor = 0.5 where year = 1")
    with warehouse(insurer) as connection:
        spec = value_features.on_the_curve(connection, ValueSpec(), made.DAY)
    assert spec.discounts == pytest.approx((0.5, *flat(0.035)[1:]))
    execute(insurer, "delete from features.features__discount_factor where year = 10")
    with pytest.raises(ModelRefused, match="discount factors for each of the 10 years"):
        lifecycle.score_all(insurer, made.DAY)


def test_features_of_another_date_are_refused(insurer: Profile) -> None:
    with pytest.raises(ModelRefused, match="of another date"):
        lifecycle.score_all(insurer, date(2026, 7, 1))


def test_an_earlier_date_is_never_scored_by_a_later_model(insurer: Profile) -> None:
    execute(insurer, "update ml.model_run set as_of_date = '2026-07-31'")
    with pytest.raises(ModelRefused, match="no segmentation model can score"):
        lifecycle.score_all(insurer, made.DAY)
