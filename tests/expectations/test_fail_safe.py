"""Whatever breaks, the gate stays closed, says so, and says nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from customer_knowledge.errors import GateClosed
from expectations import gate as gates
from expectations import validation
from expectations.suite import Suite
from expectations.suites import SUITES
from tests.expectations.conftest import CANARIES, SYSTEM, Insurer


def closed(insurer: Insurer) -> str:
    with pytest.raises(GateClosed) as raised:
        gates.landing_gate(insurer.profile, SYSTEM, insurer.day)
    assert insurer.ask("select distinct state from ops.batch") == [("blocked",)]
    assert insurer.ask("select gate, state from quality.check_run") == [(f"landing_{SYSTEM}", "closed")]
    return str(raised.value)


def test_great_expectations_raising(
    insurer: Insurer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError(f"row was {CANARIES[0]}")

    insurer.put("policy", policy_id=1, annual_premium=-5)
    insurer.land()
    monkeypatch.setattr(validation, "_context", broken)
    assert "could not be judged" in closed(insurer)
    assert "RuntimeError" in caplog.text
    assert CANARIES[0] not in caplog.text
    assert ("policy", 1, "premium_not_negative", True) in insurer.rejected()  # recorded all the same
    monkeypatch.undo()
    # The task is tried again on the same batches: the fault is gone, nothing is judged twice.
    report = gates.landing_gate(insurer.profile, SYSTEM, insurer.day)
    assert report.state == "passed"
    assert insurer.conserved()


def test_an_answer_missing(insurer: Insurer, monkeypatch: pytest.MonkeyPatch) -> None:
    insurer.land()
    honest = validation.validate

    def forgetful(*arguments: Any) -> dict[tuple[str, str], validation.Answer]:
        answers = honest(*arguments)
        del answers["party", "id_number_checksum"]
        return answers

    monkeypatch.setattr(validation, "validate", forgetful)
    message = closed(insurer)
    assert "1 of" in message
    assert "id_number_checksum" in message  # though it only warns


def test_pages_that_cannot_be_written(insurer: Insurer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    insurer.land()
    monkeypatch.setattr("expectations.data_docs.write", full)
    assert "could not be judged" in closed(insurer)


def test_a_page_of_what_is_recorded_that_cannot_be_written(insurer: Insurer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    insurer.land()
    monkeypatch.setattr("expectations.page.write", full)
    assert gates.landing_gate(insurer.profile, SYSTEM, insurer.day).state == "passed"


def test_a_column_that_is_gone(insurer: Insurer) -> None:
    insurer.land()
    with insurer.connect() as conn:
        conn.execute("alter table landing.policy_admin__policy drop column currency")
    assert "policy.currency_known" in closed(insurer)


def test_a_column_that_is_empty_throughout(insurer: Insurer) -> None:
    for row in insurer.rows["policy"].values():
        row["currency"] = None
    insurer.land()
    message = closed(insurer)
    assert "policy.currency_known" in message
    assert "0 rows with something to judge" in message


def test_rules_about_a_table_that_nobody_lands(insurer: Insurer, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = insurer.profile.connector(SYSTEM)
    left = tuple(t for t in connector.tables if t.name not in ("claim", "claim_payment"))
    without = connector.model_copy(update={"tables": left})
    insurer.profile = insurer.profile.model_copy(update={"connectors": (without,)})
    insurer.land()
    assert "claim.claim_dates_in_order" in closed(insurer)


def test_an_empty_suite(insurer: Insurer, monkeypatch: pytest.MonkeyPatch) -> None:
    insurer.land()
    monkeypatch.setitem(SUITES, f"landing_{SYSTEM}", Suite(f"landing_{SYSTEM}", ()))
    with pytest.raises(GateClosed, match="has no rules"):
        gates.landing_gate(insurer.profile, SYSTEM, insurer.day)
    assert insurer.ask("select distinct state from ops.batch") == [("landed",)]
