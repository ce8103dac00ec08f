"""What happened to an edition is kept: by whoever changed its state, and for good."""

from __future__ import annotations

import getpass
from datetime import timedelta

import psycopg
import pytest

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import PROJECT_DIR
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.edition_events import Happened, events
from tests.warehouse.test_editions import land, opened, published
from tests.warehouse.test_publish import DAY, build, marts, publish_marts

pytestmark = pytest.mark.postgres
NEXT = DAY + timedelta(1)


def publish(profile: Profile, day_number: int) -> editions.Edition:
    day = DAY + timedelta(day_number)
    with warehouse(profile) as connection:
        land(connection, profile, day)
    return published(profile, day)


def happened(profile: Profile, edition_id: int | None = None) -> list[Happened]:
    with warehouse(profile) as connection:
        return events(connection, edition_id)


def test_every_change_of_state_is_kept_with_its_reason(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
        given_up = opened(connection, motor, DAY)
        land(connection, motor, DAY, attempt=2)
        blocked = opened(connection, motor, DAY)
        editions.block(connection, DAY, "core", "two customers became one")
        never_opened = editions.block(connection, NEXT, "landing_motor_portfolio", "too few rows")
    told = [(e.edition_id, e.event, e.reason) for e in happened(motor)]
    assert told == [
        (given_up.edition_id, "opened", "1 batches"),
        (given_up.edition_id, "withdrawn", "inputs or code changed while it was built"),
        (blocked.edition_id, "opened", "2 batches"),
        (blocked.edition_id, "blocked", "two customers became one"),
        (never_opened, "blocked", "too few rows"),
    ]
    assert {e.by for e in happened(motor)} == {getpass.getuser()}


def test_going_back_overwrites_nothing_of_what_was(motor: Profile) -> None:
    first, second = publish(motor, 0), publish(motor, 1)
    with warehouse(motor) as connection:
        before = editions.show(connection, second.edition_id)
        editions.rollback(connection, reason="premiums are doubled", by="ann")
        after = editions.show(connection, second.edition_id)
    assert after.state == "withdrawn"
    assert (after.finished_at, after.message) == (before.finished_at, before.message)
    last = [(e.edition_id, e.event, e.by, e.reason) for e in happened(motor)[-2:]]
    assert last == [
        (second.edition_id, "withdrawn", "ann", f"rolled back to edition {first.edition_id}: premiums are doubled"),
        (first.edition_id, "rolled_back_to", "ann", f"instead of edition {second.edition_id}: premiums are doubled"),
    ]
    assert [e.event for e in happened(motor, second.edition_id)] == ["opened", "published", "withdrawn"]


def test_nobody_goes_back_from_another_edition_than_believed(motor: Profile) -> None:
    first, second, third = (publish(motor, number) for number in range(3))
    with warehouse(motor) as connection:
        with pytest.raises(CustomerKnowledgeError, match=f"readers see edition {third.edition_id} by now"):
            editions.rollback(connection, first.edition_id, instead_of=second.edition_id)
        assert editions.show(connection, third.edition_id).state == "published"
        editions.rollback(connection, first.edition_id, instead_of=third.edition_id)


def test_published_says_whether_readers_see_it(motor: Profile) -> None:
    newer = publish(motor, 1)
    older = publish(motor, 0)
    reasons = {e.edition_id: e.reason for e in happened(motor) if e.event == "published"}
    assert reasons == {newer.edition_id: "readers see it", older.edition_id: "readers see a later date"}


def test_pruning_is_kept_too(motor: Profile) -> None:
    first = publish(motor, 0)
    for number in range(1, editions.KEEP + 1):
        publish(motor, number)
    assert [e.event for e in happened(motor, first.edition_id)] == ["opened", "published", "pruned"]


def test_a_failed_publish_leaves_no_trace(motor: Profile) -> None:
    with warehouse(motor) as connection:
        land(connection, motor, DAY)
        edition = opened(connection, motor, DAY)
    with pytest.raises(CustomerKnowledgeError):
        publish_marts(motor, edition.edition_id, marts())
    assert [e.event for e in happened(motor)] == ["opened"]
    with warehouse(motor) as connection:
        build(connection, edition.edition_id, DAY, marts())
    publish_marts(motor, edition.edition_id, marts())
    assert [e.event for e in happened(motor)] == ["opened", "published"]


@pytest.mark.parametrize(
    "statement",
    ["update ops.edition_event set by = 'nobody'", "delete from ops.edition_event", "truncate ops.edition_event"],
)
def test_what_happened_cannot_be_changed(motor: Profile, statement: str) -> None:
    with warehouse(motor) as connection:
        editions.block(connection, DAY, "core", "two customers became one")
    with warehouse(motor) as connection, pytest.raises(psycopg.errors.RaiseException, match="rows are added"):
        connection.execute(statement.encode())


def test_a_user_without_a_name_is_the_databases(motor: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError

    monkeypatch.setattr(getpass, "getuser", nameless)
    with warehouse(motor) as connection:
        editions.block(connection, DAY, "core", "two customers became one")
    assert [e.by for e in happened(motor)] == ["ck_pipeline"]


def test_no_other_code_changes_an_editions_state() -> None:
    written = [
        path.name
        for folder in ("dags", "expectations", "models_ml")
        for path in (PROJECT_DIR / folder).rglob("*.py")
        if any(f"ops.edition set {column}" in path.read_text(encoding="utf-8") for column in ("state", "is_kept"))
    ]
    assert written == ["edition_events.py"]
