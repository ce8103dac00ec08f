"""Running dbt: results from its artifacts, no row in its words, and no orphan when we are killed."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.settings import PROJECT_DIR, Settings, settings
from customer_knowledge.warehouse import dbt, parsed
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.scrub import scrubbed

DAY = date(2026, 6, 30)
SECRET = "张三丰\n13800138000"
MODELS = {
    "good.sql": "{{ config(materialized='table') }} select 1 as a union all select {{ var('edition_id') }}",
    "leak.sql": "{{ config(materialized='table') }} select a, name from landing.people",
    "leak.yml": """
models:
  - name: leak
    config: {contract: {enforced: true}}
    columns:
      - {name: a, data_type: integer, constraints: [{type: not_null}]}
      - {name: name, data_type: text}
""",
    "slow.sql": "{{ config(materialized='table') }} select pg_sleep(60)::text as a",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project of three models beside our own profiles.yml, set as the one in force."""
    folder = tmp_path / "dbt_project"
    (folder / "models").mkdir(parents=True)
    shutil.copy(PROJECT_DIR / "dbt_project" / "profiles.yml", folder)
    (folder / "dbt_project.yml").write_text("name: tiny\nversion: '1.0'\nprofile: customer_knowledge\n")
    for name, text in MODELS.items():
        (folder / "models" / name).write_text(text)
    monkeypatch.setattr(settings(), "project_dir", tmp_path)
    return folder


def run(profile: Profile, select: str) -> dbt.DbtResult:
    return dbt.run("run", profile, edition_id=42, as_of_date=DAY, select=select, target_name="tiny")


def test_results_are_read_from_the_artifacts(sample: Profile, project: Path) -> None:
    result = run(sample, "good")
    assert [(n.name, n.status, n.rows) for n in result.nodes] == [("good", "success", 2)]
    assert result.nodes[0].seconds > 0
    assert result.manifest_path.exists()
    assert "leaked" not in (result.target / "dbt.log").read_text(encoding="utf-8")
    with warehouse(sample) as connection:
        assert connection.execute("select max(a) from staging.good").fetchone() == (42,)


TABLE = "{{ config(materialized='table') }} "
SESSION = (
    "{{ config(materialized='table', pre_hook='create temporary table mine as select 1 as a') }}"
    " select pg_backend_pid() as pid, (select count(*) from pg_class where relname = 'mine') as mine"
)


def after(model: str, text: str) -> str:
    """A table made once another is."""
    return f"-- depends_on: {{{{ ref('{model}') }}}}\n" + (text if "config(" in text else TABLE + text)


def write(project: Path, models: dict[str, str]) -> None:
    for name, text in models.items():
        (project / "models" / f"{name}.sql").write_text(text)


def sessions(profile: Profile, *models: str) -> list[tuple[int, int]]:
    """Of each model, in which process it was made, and how many temporary tables of its name there were."""
    with warehouse(profile) as connection:
        found = [connection.execute(f"select pid, mine from staging.{model}".encode()).fetchone() for model in models]
    assert all(found)
    return [(row[0], row[1]) for row in found if row]


def test_models_one_after_another_share_a_connection_and_no_temporary_table(
    sample: Profile, project: Path, monkeypatch: pytest.MonkeyPatch, own_settings: Settings
) -> None:
    monkeypatch.setattr(settings(), "dbt_threads", 1)
    said = own_settings.data_dir / "postgresql" / "server.log"
    before = said.stat().st_size
    made = {"one": SESSION, "broken": after("one", "select 1 / 0 as a"), "two": after("one", SESSION)}
    write(project, made)
    with pytest.raises(dbt.DbtFailed, match="1 of 3 failed: broken"):
        run(sample, "one broken two")
    one, two = sessions(sample, "one", "two")
    assert one == two
    assert one[1] == 1
    # The server has nothing to say of a commit or a beginning too many.
    assert "transaction in progress" not in said.read_text(encoding="utf-8")[before:]


def test_a_connection_that_died_while_nobody_used_it_is_opened_anew(
    sample: Profile, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two side by side, then one that ends the session of whichever of the two it did not follow, then two again."""
    monkeypatch.setattr(settings(), "dbt_threads", 2)
    both = SESSION + ", pg_sleep(0.5)::text as slept"
    others = (
        "select count(pg_terminate_backend(pid)) as ended from (select pid from {{ ref('a') }} union select pid from"
    )
    others += " {{ ref('b') }}) as sessions where pid <> pg_backend_pid()"
    write(project, {"a": both, "b": both, "ends": TABLE + others, "c": after("ends", both), "d": after("ends", both)})
    run(sample, "a b ends c d")
    before, later = ({pid for pid, _ in sessions(sample, *models)} for models in ("ab", "cd"))
    assert len(before) == len(later) == 2
    assert len(before & later) == 1


def numbers(profile: Profile) -> tuple[int, int]:
    with warehouse(profile) as connection:
        row = connection.execute("select edition, nodes from staging.looks").fetchone()
    assert row
    return int(row[0]), int(row[1])


def test_what_is_parsed_once_serves_other_days_and_no_other_code(sample: Profile, project: Path) -> None:
    model = project / "models" / "looks.sql"
    model.write_text(
        "{{ config(materialized='table') }} select {{ var('edition_id') }} as edition,"
        " {{ (graph.nodes if execute else {}) | length }} as nodes"
    )
    runs = settings().runs_dir / "dbt"
    before, nodes = set(runs.glob("parsed-*")), sum(name.endswith(".sql") for name in MODELS) + 1
    found = []
    for edition, day in ((1, DAY), (2, DAY + timedelta(days=1))):
        dbt.run("run", sample, edition_id=edition, as_of_date=day, select="looks", target_name="tiny")
        found.append(numbers(sample))
    assert len(set(runs.glob("parsed-*")) - before) == 1
    # The day's own values, and the whole graph in macros, though nothing was parsed for it.
    assert found == [(1, nodes), (2, nodes)]
    model.write_text(model.read_text().replace("as nodes", "+ 100 as nodes"))
    dbt.run("run", sample, edition_id=3, as_of_date=DAY, select="looks", target_name="tiny")
    assert numbers(sample) == (3, nodes + 100)
    newest = max(runs.glob("parsed-*"), key=lambda path: path.stat().st_mtime)
    newest.write_bytes(b"cut short")
    dbt.run("run", sample, edition_id=4, as_of_date=DAY, select="looks", target_name="tiny")
    assert numbers(sample) == (4, nodes + 100)
    assert newest.stat().st_size > 1_000


def test_only_the_newest_of_what_was_parsed_is_kept(tmp_path: Path) -> None:
    project, target = tmp_path / "project", tmp_path / "target"
    project.mkdir()
    target.mkdir()
    (target / "partial_parse.msgpack").write_bytes(b"parsed")
    places = []
    for number in range(parsed.KEPT + 2):
        (project / "a.sql").write_text(str(number))
        place = parsed.place(tmp_path, project, "db", {"insurer": "a", "edition_id": number})
        assert place == parsed.place(tmp_path, project, "db", {"insurer": "a", "edition_id": 7})
        assert place != parsed.place(tmp_path, project, "db", {"insurer": "b"})
        parsed.keep(target, place)
        os.utime(place, (number, number))
        places.append(place)
    assert [place.exists() for place in places] == [False] * 2 + [True] * parsed.KEPT


def test_a_failure_names_the_node_and_quotes_no_row(
    sample: Profile, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with warehouse(sample) as connection:
        connection.execute("create table landing.people as select null::int as a, %s as name", (SECRET,))
    with pytest.raises(dbt.DbtFailed, match="1 of 2 failed: leak") as failure:
        run(sample, "good leak")
    assert "violates not-null constraint" in str(failure.value)
    target = settings().runs_dir / "dbt" / "tiny"
    results = (target / "run_results.json").read_text() + (target / "dbt.log").read_text()
    assert "violates not-null constraint" in results
    for name, words in {"error": str(failure.value), "logs": caplog.text, "artifacts": results}.items():
        assert "13800138000" not in words, name
        assert "张三丰" not in words, name
        assert "\\u5f20" not in words, name


def test_an_unknown_project_fault_is_told(sample: Profile, project: Path) -> None:
    (project / "models" / "broken.sql").write_text("select {{ ref('nowhere') }}")
    with pytest.raises(dbt.DbtFailed, match="before it ran a model") as failure:
        run(sample, "good")
    assert "nowhere" in str(failure.value)


def test_values_in_the_message_itself_are_taken_out() -> None:
    said = [
        'ERROR: invalid input syntax for type date: "张三"',
        "  LINE 1: select x",
        "  DETAIL:  Key (name)=(张",
        "三) already exists.",
        "  compiled code at x",
    ]
    assert list(scrubbed(said)) == [
        'ERROR: invalid input syntax for type date: "…"',
        "  LINE 1: select x",
        "  compiled code at x",
    ]


PROGRAM = """
from datetime import date
from pathlib import Path
from customer_knowledge.profile import load
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import dbt
profile = load("sample").model_copy(update={{"insurer": "{insurer}"}})
settings().project_dir = Path("{project}")
dbt.run("run", profile, edition_id=1, as_of_date=date(2026, 6, 30), select="slow", target_name="killed")
"""


def sleepers(profile: Profile) -> int:
    with warehouse(profile) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and query like '%%pg_sleep(60)%%' and pid <> pg_backend_pid() and state = 'active'"
        ).fetchone()
    assert row
    return int(row[0])


def wait_for(profile: Profile, number: int, seconds: float, task: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if sleepers(profile) == number:
            return True
        assert number == 0 or task.poll() is None, "the task ended before it was killed"
        time.sleep(0.2)
    return False


def test_a_killed_task_leaves_no_dbt_and_no_statement_behind(sample: Profile, project: Path) -> None:
    program = PROGRAM.format(insurer=sample.insurer, project=project.parent)
    task = subprocess.Popen([sys.executable, "-c", program], env=os.environ | {"PYTHONWARNINGS": "ignore"})
    try:
        assert wait_for(sample, 1, 60, task), "dbt never came to its model"
    finally:
        task.send_signal(signal.SIGKILL)
        task.wait()
    assert wait_for(sample, 0, 20, task), "the statement outlived the task that asked for it"
