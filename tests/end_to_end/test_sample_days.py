"""Days of a small sample insurer through real Airflow: published, the next, blocked, cut short, gone back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from customer_knowledge.profile import load
from customer_knowledge.runtime import airflow, processes
from customer_knowledge.runtime.airflow_home import locate
from customer_knowledge.runtime.client import AirflowClient
from customer_knowledge.runtime.day import DayFailed
from customer_knowledge.sample_insurer import advance
from customer_knowledge.warehouse import editions, server
from customer_knowledge.warehouse.connections import BI, SIMULATOR, connect, warehouse
from customer_knowledge.warehouse.schemas import SCHEMAS
from tests.end_to_end.conftest import DEADLINE_SECONDS, World

pytestmark = [pytest.mark.postgres, pytest.mark.airflow, pytest.mark.timeout(1800)]

FIRST_DAY = date(2026, 6, 30)
MARTS = {
    "blocked_recommendation",
    "agent_performance",
    "claim_experience",
    "claim_turnaround",
    "complaint_rates",
    "customer_360",
    "customer_churn",
    "customer_segment",
    "customer_value",
    "edition",
    "knowledge_item",
    "lapse_experience",
    "metric_value",
    "mortality_experience",
    "next_best_product",
    "persistency",
    "persistency_rolling",
    "policy_360",
    "product_insight",
    "reconciliation",
    "retention_worklist",
    "segment_profile",
    "segment_product_fit",
    "service_standard_adherence",
    "winback_worklist",
    "surrender_experience",
}


def ck(*arguments: str, expected: int = 0) -> str:
    """Run `ck` as its users do; gives what it said."""
    program = Path(sys.executable).with_name("ck")
    done = subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def consents() -> int:
    with connect("crm", SIMULATOR) as connection:
        row = connection.execute("select count(*) from consent").fetchone()
    assert row is not None
    return int(row[0])


# In all, and of policies whose policyholder waits in quarantine: those belong to no customer.
UNHELD = (
    "select sum(annual_premium) from core.dim_policy"
    " where customer_key is null and status in ('active', 'grace') and not is_single_pay"
)
ANNUAL_PREMIUM = """
    select e.annual_premium_in_force
    from marts.edition as e join marts.metric_value as m on m.numerator = e.annual_premium_in_force
    where (metric, product_line, channel, branch) = ('annual_premium_in_force', 'all', 'all', 'all')
"""


def test_the_demo_publishes_a_first_edition(sample_world: World) -> None:
    said = ck("demo")
    assert f"edition 1 of business date {FIRST_DAY} published" in " ".join(said.split())
    for words in (
        "Rows",
        "Gates",
        "Segments",
        "Value",
        "Churn",
        "Retention worklist by expected gain",
        "Reconciliation",
        "Where to look",
    ):
        assert words in said
    assert "build_marts.build_core" in said
    marts = {name for (name,) in sample_world.ask("select viewname from pg_views where schemaname = 'marts'")}
    assert marts >= MARTS
    for mart in MARTS - {"retention_worklist", "winback_worklist", "next_best_product"}:
        assert sample_world.read(f"select 1 from marts.{mart} limit 1"), mart
    assert sample_world.read("select count(*) from marts.reconciliation where difference <> 0") == [(0,)]
    assert sample_world.read("select 1 from marts.search_knowledge('保单') limit 1")
    [(whole,)], [(unheld,)] = sample_world.read(ANNUAL_PREMIUM), sample_world.ask(UNHELD)
    assert whole > unheld > 0
    for mart in ("customer_360", "segment_profile", "product_insight where segment_id = 'all'"):
        assert sample_world.read(f"select sum(annual_premium_in_force) from marts.{mart}") == [(whole - unheld,)], mart
    assert sample_world.shown() == 1


def test_bi_sees_marts_and_nothing_else(sample_world: World) -> None:
    relations = sample_world.ask(
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relkind in ('r', 'v', 'p', 'm') and relnamespace::regnamespace::text = any(%s)",
        SCHEMAS,
    )
    assert {schema for schema, _ in relations} >= {
        "landing",
        "ops",
        "quarantine",
        "core",
        "features",
        "ml",
        "marts_store",
    }
    readable = set()
    with connect(sample_world.profile.database, BI, autocommit=True) as connection:
        for schema, name in relations:
            try:
                connection.execute(f'select * from "{schema}"."{name}" limit 1')
                readable.add(schema)
            except psycopg.errors.InsufficientPrivilege:
                assert schema != "marts", name
    assert readable == {"marts"}


def _listens(process: psutil.Process) -> set[str]:
    """Addresses a process listens on; a worker that ended since it was listed listens on none."""
    with suppress(psutil.NoSuchProcess):
        return {c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    return set()


def test_everything_listens_on_this_machine_only(sample_world: World) -> None:
    known = processes.remembered(locate(sample_world.at, "sample").pid_file).values()
    assert len(known) == 3
    postgres = server.status(sample_world.at)
    assert postgres is not None
    postmaster = int((postgres.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    heads = [psutil.Process(pid) for pid in (postmaster, *(p.pid for p in known))]
    listening = {
        address for head in heads for process in (head, *head.children(recursive=True)) for address in _listens(process)
    }
    assert listening == {"127.0.0.1"}


def test_no_secret_and_no_personal_data_lies_about(sample_world: World) -> None:
    """Passwords and customers stand in the database and in files of ours, not in logs and documents."""
    folder = sample_world.at.data_dir
    with connect("policy_admin", SIMULATOR) as connection:
        people = connection.execute(
            "select id_number, phone from party where id_number is not null and phone is not null limit 25"
        ).fetchall()
    needles = {str(value) for row in people for value in row}
    needles |= {path.read_text(encoding="utf-8").strip() for path in sample_world.at.secrets_dir.iterdir()}
    assert len(needles) > 30
    allowed = {sample_world.at.secrets_dir, folder / "postgresql"}
    home = locate(sample_world.at, "sample")
    for path in folder.rglob("*"):
        if not path.is_file() or allowed & set(path.parents) or path in (home.path / "airflow.cfg", home.passwords):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [needle for needle in needles if needle in text], path
    with connect("airflow_sample", "airflow") as connection:
        kept = connection.execute("select value::text from xcom").fetchall()
    assert kept
    assert not [needle for needle in needles for (value,) in kept if needle in str(value)]
    assert max(len(str(value)) for (value,) in kept) < 2000


def test_the_same_day_again_is_no_other_edition(sample_world: World) -> None:
    outcome = sample_world.day(FIRST_DAY)
    assert outcome.was_published_already
    assert sample_world.ask("select count(*) from ops.edition") == [(1,)]


def test_a_run_without_a_date_or_of_a_system_we_do_not_have_is_refused(sample_world: World) -> None:
    with AirflowClient(locate(sample_world.at, "sample")) as client:
        for dag_id, key, words in (
            ("extract_crm", "yesterday", "partition key 'yesterday' is not a date"),
            ("extract_files", "1999-01-01", "has no file sources"),
            ("extract_policy_admin", "2030-01-01", f"stands at business day {FIRST_DAY} and is not read as 2030-01-01"),
            ("extract_crm", "2020-01-01", f"stands at business day {FIRST_DAY} and is not read as 2020-01-01"),
        ):
            client.trigger(dag_id, key)
            deadline = time.monotonic() + 60
            while (run := client.runs(key)[-1]).state != "failed":
                assert time.monotonic() < deadline, run
                time.sleep(0.3)
            task = next(task for task in client.tasks(run) if task.state == "failed")
            assert words in client.failure(task)
            assert task.try_number == 1, "what would end the same was tried again"
    assert sample_world.ask("select distinct as_of_date from ops.batch") == [(FIRST_DAY,)]


def test_the_next_day_is_published_from_what_changed(sample_world: World) -> None:
    said = ck("demo")
    day = FIRST_DAY + timedelta(days=1)
    assert advance.current_day() == day
    assert f"edition 2 of business date {day} published" in " ".join(said.split())
    assert sample_world.shown() == 2
    counts = sample_world.ask(
        "select sum(rows_read), sum(rows_new), sum(rows_changed), sum(rows_deleted) from ops.batch"
        " where as_of_date = %s",
        day,
    )
    read, new, changed, deleted = counts[0]
    assert 0 < new + changed + deleted < read / 10
    assert sample_world.ask("select count(distinct edition_id) from marts_store.customer_360") == [(2,)]
    assert sample_world.ask("select built, state from ops.core_state") == [("changes", "complete")]
    # The list of the day before went to the CRM, and came back as tasks of both arms.
    listed = sample_world.ask(
        "select is_holdout, count(*) from marts_store.retention_worklist where edition_id = 1 group by 1"
    )
    tasks = sample_world.ask("select arm = 'holdout', count(customer_key) from core.fct_retention_task group by 1")
    assert {arm: 0 < n <= dict(listed)[arm] for arm, n in tasks} == dict.fromkeys(dict(listed), True)
    assert sample_world.read("select count(*) from marts.retention_effect") == [(0,)]


def test_a_closed_gate_leaves_the_published_edition(sample_world: World) -> None:
    day = advance.advance_day()
    before = consents()
    with connect("crm", SIMULATOR) as connection:
        connection.execute("create table consent_kept as table consent")
        connection.execute("delete from consent")
    with pytest.raises(DayFailed) as failed:
        sample_world.day(day)
    for words in (str(day), "extract_crm.landing_gate", "consent"):
        assert words in failed.value.message
    assert sample_world.shown() == 2
    blocked = sample_world.ask("select blocked_by, message from ops.edition where state = 'blocked'")
    assert [gate for gate, _ in blocked] == ["landing_crm"]
    assert "consent" in blocked[0][1]
    assert "consent" in ck("gate", "show", "landing_crm")
    assert "blocked" in ck("edition", "list")
    with connect("crm", SIMULATOR) as connection:
        connection.execute("insert into consent select * from consent_kept")
        connection.execute("drop table consent_kept")
    assert consents() == before


def _kill_in_the_middle(world: World) -> None:
    """Wait until dbt has built its first models of core, then end Airflow as a power cut would."""
    log = world.at.runs_dir / "dbt" / "core" / "dbt.log"
    deadline = time.monotonic() + DEADLINE_SECONDS
    began = log.stat().st_mtime if log.exists() else 0.0
    while time.monotonic() < deadline:
        if log.exists() and log.stat().st_mtime > began and "OK created" in log.read_text(encoding="utf-8"):
            airflow.kill(world.at, "sample")
            return
        time.sleep(0.05)


def test_killed_in_the_middle_the_repaired_day_goes_on_where_it_was(sample_world: World) -> None:
    day = advance.current_day()
    assert day is not None
    killer = threading.Thread(target=_kill_in_the_middle, args=(sample_world,))
    killer.start()
    with pytest.raises(DayFailed, match="ended in the middle"):
        sample_world.day(day)
    killer.join()
    assert sample_world.shown() == 2
    with warehouse(sample_world.profile) as connection:
        cut_short = editions.current_build(connection, day)
    outcome = sample_world.day(day)
    assert outcome.edition.edition_id == cut_short.edition_id
    assert sample_world.shown() == outcome.edition.edition_id
    sample_world.remembered["content_hash"] = outcome.edition.content_hash


def test_undisturbed_it_is_the_same_edition(sample_world: World) -> None:
    day = advance.current_day()
    assert day is not None
    outcome = sample_world.day(day, force=True)
    assert not outcome.was_published_already
    assert outcome.edition.content_hash == sample_world.remembered["content_hash"]
    assert sample_world.read("select count(*) from marts.reconciliation where difference <> 0") == [(0,)]


def test_a_date_that_a_later_gate_blocked_is_read_again(sample_world: World) -> None:
    """By itself, also when forced; what was mended in the source since is in the edition."""
    day = advance.current_day()
    assert day is not None
    attempts = (
        "select distinct on (source_system, source_table) attempt, rows_changed from ops.batch where as_of_date = %s"
        " order by source_system, source_table, attempt desc"
    )
    before = sample_world.ask(attempts, day)
    with warehouse(sample_world.profile) as connection:
        editions.block(connection, day, "marts", "a cent is missing")
    with connect("policy_admin", SIMULATOR) as connection:
        connection.execute("update party set annual_income = 123456 where party_id = (select min(party_id) from party)")
    outcome = sample_world.day(day, force=True)
    assert not outcome.was_published_already
    after = sample_world.ask(attempts, day)
    assert {now[0] - then[0] for now, then in zip(after, before, strict=True)} == {1}
    assert sum(changed for _, changed in after) == 1
    assert sample_world.shown() == outcome.edition.edition_id
    assert sample_world.ask("select built, state from ops.core_state") == [("changes", "complete")]


def test_going_back_is_one_command(sample_world: World) -> None:
    ck("edition", "rollback", "2")
    assert sample_world.shown() == 2
    assert "withdrawn" in ck("edition", "list")
    assert str(FIRST_DAY + timedelta(days=1)) in ck("edition", "show", "2")


def test_what_goes_wrong_is_said_in_a_few_words(sample_world: World) -> None:
    said = ck("edition", "show", "999", expected=1)
    assert "there is no edition 999" in said
    assert "Traceback" not in said
    assert load("sample").insurer in ck("status")
