"""What a day triggers: extracts, or the build alone when forced; and when sources are read again."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from typing import Any, cast

import pytest

from customer_knowledge.extract import business_day
from customer_knowledge.profile import Profile, load
from customer_knowledge.runtime import day
from customer_knowledge.runtime.client import AirflowClient, Run
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from tests.warehouse.test_editions import land, opened, published
from tests.warehouse.test_publish import build, marts, publish_marts

DAY = date(2026, 6, 30)
EXTRACTS = ("extract_crm", "extract_policy_admin")
AGAIN = {"extract_crm": {"reread": True}, "extract_policy_admin": {"reread": True}}


class Airflow:
    """Takes note of what is triggered."""

    def __init__(self, *runs: Run) -> None:
        self.known, self.triggered = list(runs), dict[str, Any]()

    def runs(self, _: str) -> list[Run]:
        return self.known

    def trigger(self, dag_id: str, _: str, conf: dict[str, Any] | None = None) -> None:
        self.triggered[dag_id] = conf


def start(*runs: Run, force: bool = False, reread: bool = False) -> dict[str, Any]:
    client = Airflow(*runs)
    day._Follower(cast(AirflowClient, client), load("sample"), DAY, print).start(force=force, reread=reread)
    return client.triggered


def test_a_day_reads_its_sources_again_only_when_told_to() -> None:
    assert start() == dict.fromkeys(EXTRACTS)
    assert start(reread=True) == AGAIN
    assert start(force=True) == {"build_marts": {"force": True}}


def test_what_is_under_way_is_not_read_again_beneath_itself() -> None:
    building = Run("build_marts", "1", "running")
    assert start(building) == {}
    with pytest.raises(day.DayFailed, match="is under way: build_marts"):
        start(building, reread=True)
    assert start(Run("build_marts", "1", "failed"), reread=True) == AGAIN


@pytest.mark.parametrize("gate", ["marts", "landing_crm"])
@pytest.mark.parametrize("stands_at", [DAY, date(2026, 7, 1)])
def test_a_forced_day_is_read_again_where_a_gate_blocked_it(
    sample: Profile, monkeypatch: pytest.MonkeyPatch, stands_at: date, gate: str
) -> None:
    monkeypatch.setattr(business_day, "today", lambda *_: stands_at)
    assert not day._is_read_again(sample, DAY)
    with warehouse(sample) as connection:
        editions.block(connection, DAY, gate, "a cent is missing")
    assert day._is_read_again(sample, DAY) == (stands_at == DAY)


def test_a_date_whose_newer_edition_was_rolled_back_is_published_already(
    motor: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
    shown = published(motor, DAY)
    with warehouse(motor) as connection:
        other = opened(connection, motor, DAY, force=True)
        build(connection, other.edition_id, DAY, marts())
    publish_marts(motor, other.edition_id, marts())
    with warehouse(motor) as connection:
        editions.rollback(connection)
    monkeypatch.setattr(day.airflow, "start", lambda _: None)
    monkeypatch.setattr(day, "AirflowClient", lambda _: nullcontext(Airflow()))
    monkeypatch.setattr(day, "_wait_for_dags", lambda *_: None)
    monkeypatch.setattr(day._Follower, "look", lambda _: True)
    outcome = day.run_day(motor, DAY)
    assert (outcome.edition.edition_id, outcome.was_published_already) == (shown.edition_id, True)


def test_files_are_read_each_time_and_a_forced_day_builds_at_once(motor: Profile) -> None:
    with warehouse(motor) as connection:
        editions.block(connection, DAY, "marts", "a cent is missing")
    assert not day._is_read_again(motor, DAY)
    with warehouse(motor) as connection:
        editions.block(connection, DAY, "landing_motor_portfolio", "too few rows")
    assert day._is_read_again(motor, DAY)


def test_an_insurer_of_files_is_told_how_they_are_read_again() -> None:
    with pytest.raises(day.DayFailed, match="which are read again whenever their bytes are others") as refused:
        day.run_day(load("motor_portfolio"), DAY, reread=True)
    assert "without --reread" in str(refused.value.hint)
