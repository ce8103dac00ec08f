"""What cannot be is said in a few words, with what there is instead, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from customer_knowledge.cli import gate, simulate
from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer import simulate as simulator
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import schemas, server
from customer_knowledge.warehouse.connections import ROLES, dsn, warehouse

pytestmark = pytest.mark.postgres


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the simulator was asked to make; nothing is made."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(server, "start", lambda _: None)
    monkeypatch.setattr(schemas, "prepare_sources", lambda: None)
    monkeypatch.setattr(simulator, "create", lambda *arguments: asked.append(arguments))
    return asked


@pytest.mark.parametrize(
    "wrong", [["--customers", "0"], ["--customers", "-5"], ["--customers", "49"], ["--seed", "-1"]]
)
def test_an_insurer_too_small_for_its_gates_is_not_made(made: list[tuple[Any, ...]], wrong: list[str]) -> None:
    done = CliRunner().invoke(simulate.app, ["create", *wrong])
    assert done.exit_code == 2
    assert "greater than or equal to" in " ".join(done.output.split())
    assert made == []


def test_an_insurer_is_as_large_as_it_was_asked_for(made: list[tuple[Any, ...]]) -> None:
    for arguments in (["--customers", "50", "--seed", "0"], []):
        assert CliRunner().invoke(simulate.app, ["create", *arguments]).exit_code == 0
    assert [asked[:2] for asked in made] == [(50, 0), (settings().customers, settings().seed)]


def test_a_gate_that_is_not_there_is_refused_with_those_that_are(
    sample: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "run_profile", lambda _: sample)
    assert "no gate has run yet" in CliRunner().invoke(gate.app, ["show"]).output
    with warehouse(sample) as connection:
        connection.execute(
            "insert into quality.check_run (gate, as_of_date, state, message, started_at, finished_at)"
            " values ('core', '2026-06-30', 'passed', 'all is well', now(), now())"
        )
    shown = CliRunner().invoke(gate.app, ["show", "core"])
    assert (shown.exit_code, "all is well" in shown.output) == (0, True)
    refused = CliRunner().invoke(gate.app, ["show", "nope"])
    assert refused.exit_code == 1
    assert "no such gate: 'nope'" in refused.output
    assert "gates that have run: core" in refused.output


def test_no_password_is_made_up_for_a_role_that_is_not_there(sample: Profile) -> None:
    with pytest.raises(ConfigurationError, match="has no role 'admin'") as refused:
        dsn(settings(), sample.database, "admin")
    assert "bi" in str(refused.value.hint)
    assert not (settings().secrets_dir / "admin").exists()
    for role in ROLES:
        assert f"//{role}:" in dsn(settings(), sample.database, role)


def test_roles_of_the_insurers_own_server_are_the_insurers() -> None:
    own = settings().model_copy(update={"warehouse_dsn": "postgresql://pipeline:word@db.example:5432/warehouse"})
    assert dsn(own, "ck_sample", "ann") == "postgresql://ann@db.example:5432/ck_sample"
