"""What an edition is made of, when there is nothing to do, and how a build is taken up again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customer_knowledge.errors import GateClosed
from customer_knowledge.profile import Profile
from customer_knowledge.settings import PROJECT_DIR, settings
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import Connection, warehouse
from customer_knowledge.warehouse.versions import code_version
from tests.warehouse.test_publish import DAY, build, marts, publish_marts

NEXT = DAY + timedelta(1)


def land(
    connection: Connection, profile: Profile, day: date, state: str = "passed", attempt: int = 1
) -> dict[str, int]:
    """A batch of every required table; gives their ids by table."""
    found = {}
    for connector in profile.connectors:
        for table in connector.tables:
            row = connection.execute(
                "insert into ops.batch (source_system, source_table, as_of_date, attempt, state, snapshot_at,"
                " rows_read, rows_new, rows_changed, rows_unchanged, rows_deleted, rows_accepted, rows_rejected)"
                " values (%s, %s, %s, %s, %s, '2026-06-30', 1, 1, 0, 0, 0, 1, 0) returning batch_id",
                (connector.system, table.name, day, attempt, state),
            ).fetchone()
            assert row
            found[table.name] = int(row[0])
    connection.commit()
    return found


def members(connection: Connection, edition_id: int) -> set[int]:
    rows = connection.execute("select batch_id from ops.edition_batch where edition_id = %s", (edition_id,)).fetchall()
    return {int(row[0]) for row in rows}


def opened(connection: Connection, profile: Profile, day: date, **given: bool) -> editions.Edition:
    edition = editions.open_edition(connection, profile, day, **given)
    assert edition is not None
    connection.commit()
    return edition


def published(profile: Profile, day: date) -> editions.Edition:
    with warehouse(profile) as connection:
        edition = opened(connection, profile, day)
        build(connection, edition.edition_id, day, marts())
    publish_marts(profile, edition.edition_id, marts())
    return edition


def test_an_edition_is_made_of_all_batches_known_by_its_date(motor: Profile) -> None:
    with warehouse(motor) as connection:
        first, second = (land(connection, motor, day) for day in (DAY, NEXT))
        assert members(connection, opened(connection, motor, DAY).edition_id) == set(first.values())
        both = set(first.values()) | set(second.values())
        assert members(connection, opened(connection, motor, NEXT).edition_id) == both


@pytest.mark.parametrize("state", ["landed", "blocked"])
def test_no_edition_without_every_required_table_passed(sample: Profile, state: str) -> None:
    with warehouse(sample) as connection:
        with pytest.raises(GateClosed, match=r"crm\.contact has not landed"):
            editions.open_edition(connection, sample, DAY)
        land(connection, sample, DAY)
        connection.execute("update ops.batch set state = %s where source_table = 'consent'", (state,))
        with pytest.raises(GateClosed, match=rf"crm\.consent is {state}$|crm\.consent is {state}\n"):
            editions.open_edition(connection, sample, DAY)
        assert editions.list_editions(connection) == []


def test_a_passed_second_attempt_brings_the_blocked_first_one_along(motor: Profile) -> None:
    """What landed in the blocked attempt is not landed again, so the edition needs both."""
    with warehouse(motor) as connection:
        blocked = land(connection, motor, DAY, state="blocked")
        passed = land(connection, motor, DAY, attempt=2)
        edition = opened(connection, motor, DAY)
        assert members(connection, edition.edition_id) == set(blocked.values()) | set(passed.values())


def test_a_build_is_taken_up_again_and_given_up_when_its_inputs_change(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
        edition = opened(connection, motor, DAY)
        assert opened(connection, motor, DAY) == edition
        assert editions.current_build(connection, DAY) == edition
        land(connection, motor, DAY, attempt=2)
        other = opened(connection, motor, DAY)
        assert other.attempt == edition.attempt + 1
        assert editions.show(connection, edition.edition_id).state == "withdrawn"


def test_the_same_again_is_nothing_to_do_unless_forced(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
    edition = published(motor, DAY)
    with warehouse(motor) as connection:
        assert editions.open_edition(connection, motor, DAY) is None
        forced = opened(connection, motor, DAY, force=True)
        assert forced.edition_id != edition.edition_id


@pytest.mark.parametrize("change", ["batch", "code", "model"])
def test_other_batches_code_or_models_make_another_edition(
    motor: Profile, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
    published(motor, DAY)
    with warehouse(motor) as connection:
        if change == "batch":
            land(connection, motor, DAY, attempt=2)
        elif change == "code":
            monkeypatch.setattr(editions, "code_version", lambda: "another")
        else:
            connection.execute(
                "insert into ml.model_run (model_name, as_of_date, code_version, trained_rows, metrics, baseline,"
                " is_champion) values ('churn', %s, 'x', 1, '{}', '{}', true)",
                (DAY,),
            )
        assert editions.open_edition(connection, motor, DAY) is not None


def test_what_was_rolled_back_is_built_anew(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
    published(motor, DAY)
    with warehouse(motor) as connection:
        land(connection, motor, NEXT)
    bad = published(motor, NEXT)
    with warehouse(motor) as connection:
        editions.rollback(connection)
    with warehouse(motor) as connection:
        again = opened(connection, motor, NEXT)
    assert again.edition_id > bad.edition_id


def test_a_gate_blocks_the_build_or_records_that_there_was_none(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
        edition = opened(connection, motor, DAY)
        assert editions.block(connection, DAY, "core", "two customers became one") == edition.edition_id
        shown = editions.show(connection, edition.edition_id)
        assert (shown.state, shown.blocked_by, shown.message) == (
            "blocked",
            "core",
            "two customers became one",
        )
        without = editions.show(connection, editions.block(connection, NEXT, "landing", "too few rows"))
        assert (without.state, without.as_of_date) == ("blocked", NEXT)
        assert opened(connection, motor, DAY).attempt == 2


def test_a_gate_after_landing_says_since_when_a_date_is_to_be_read_again(motor: Profile) -> None:
    """Until another edition was opened; a closed landing gate says nothing of what other systems landed."""
    with warehouse(motor) as connection:
        assert editions.closed_after_landing(connection, DAY) is None
        editions.block(connection, DAY, "landing_motor_portfolio", "too few rows")
        assert editions.closed_after_landing(connection, DAY) is None
        land(connection, motor, DAY)
        opened(connection, motor, DAY)
        assert editions.closed_after_landing(connection, DAY) is None
        blocked = editions.show(connection, editions.block(connection, DAY, "marts", "a cent is missing"))
        assert editions.closed_after_landing(connection, DAY) == blocked.finished_at
        editions.block(connection, DAY, "landing_motor_portfolio", "too few rows")
        assert editions.closed_after_landing(connection, DAY) == blocked.finished_at
        assert editions.closed_after_landing(connection, NEXT) is None
        land(connection, motor, DAY, attempt=2)
        opened(connection, motor, DAY)
        assert editions.closed_after_landing(connection, DAY) is None


def test_the_newest_edition_of_a_date_is_found_in_any_state_or_in_one(motor: Profile) -> None:
    with warehouse(motor) as connection:
        assert editions.latest(connection, DAY) is None
        land(connection, motor, DAY)
    shown = published(motor, DAY)
    with warehouse(motor) as connection:
        blocked = editions.block(connection, DAY, "marts", "a cent is missing")
        newest = [editions.latest(connection, DAY, state) for state in (None, "published", "building")]
    assert [edition.edition_id if edition else None for edition in newest] == [blocked, shown.edition_id, None]


def test_the_code_version_changes_with_the_code_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = code_version.__wrapped__()
    assert first == code_version.__wrapped__()
    monkeypatch.setattr(settings(), "project_dir", PROJECT_DIR / "dags")
    assert code_version.__wrapped__() != first
    monkeypatch.setattr(settings(), "code_version", "v1.2.3")
    assert code_version.__wrapped__() == "v1.2.3"
