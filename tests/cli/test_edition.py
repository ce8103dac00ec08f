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
