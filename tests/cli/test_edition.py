"""`ck edition`: what it says of editions in every state."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from customer_knowledge.cli import edition as command
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from tests.warehouse.test_editions import land, opened, published
from tests.warehouse.test_publish import DAY

pytestmark = pytest.mark.postgres
NEXT = DAY + timedelta(1)


@pytest.fixture
def insurer(motor: Profile, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A fresh warehouse which the commands take for that of the insurer in force."""
    monkeypatch.setattr(command, "run_profile", lambda _: motor)
    return motor


def ck(*arguments: str, answer: str | None = None, expected: int = 0) -> str:
    """What `ck edition` says, in one line."""
    done = CliRunner().invoke(command.app, [*arguments], input=answer)
    assert done.exit_code == expected, done.output
    return " ".join(done.output.split())


def publish(profile: Profile, day: date) -> editions.Edition:
    with warehouse(profile) as connection:
        land(connection, profile, day)
    return published(profile, day)


def test_editions_of_every_state_are_listed(insurer: Profile) -> None:
    publish(insurer, DAY)
    with warehouse(insurer) as connection:
        land(connection, insurer, NEXT)
        opened(connection, insurer, NEXT)
        editions.block(connection, NEXT, "core", "gate core is closed\n  a second line")
        opened(connection, insurer, NEXT)
    said = ck("list")
    for words in ("published", "blocked", "building", "gate core is closed"):
        assert words in said
    assert "a second line" not in said


def test_going_back_says_what_readers_will_see_and_asks(insurer: Profile) -> None:
    first, second = publish(insurer, DAY), publish(insurer, NEXT)
    question = f"Readers see edition {second.edition_id} of {NEXT}. They will see edition {first.edition_id} of {DAY}"
    assert question in ck("rollback", answer="n\n", expected=1)
    assert shown(insurer) == second.edition_id
    said = ck("rollback", "--reason", "doubled", "--by", "ann", answer="y\n")
    assert question in said
    assert f"readers see edition {first.edition_id} of {DAY} again" in said
    assert f"the next `ck run` of a date after {DAY} publishes over it" in said
    assert shown(insurer) == first.edition_id
    assert f"rolled back to edition {first.edition_id}: doubled" in ck("list")


@pytest.mark.parametrize("named", [True, False])
def test_going_back_does_not_ask_where_it_was_told(insurer: Profile, named: bool) -> None:
    first, second = publish(insurer, DAY), publish(insurer, NEXT)
    assert "Go back?" not in ck("rollback", str(first.edition_id) if named else "--yes")
    assert shown(insurer) == first.edition_id
    assert "no such published edition" in ck("rollback", str(second.edition_id), expected=1)


def test_what_happened_is_shown(insurer: Profile) -> None:
    assert "nothing has happened yet" in ck("events")
    first, second = publish(insurer, DAY), publish(insurer, NEXT)
    ck("rollback", "--yes", "--reason", "doubled", "--by", "ann")
    everything, of_one = ck("events"), ck("show", str(second.edition_id))
    for words in ("opened", "published", "withdrawn", "rolled_back_to", "ann", "doubled"):
        assert words in everything
    assert f"instead of edition {second.edition_id}" in everything
    assert f"rolled back to edition {first.edition_id}: doubled" in of_one
    assert "rolled_back_to" not in of_one


def shown(insurer: Profile) -> int | None:
    with warehouse(insurer) as connection:
        edition = editions.published(connection)
    return edition.edition_id if edition else None
