"""Every rule of every suite is seen to hold and to fail, by our SQL and by Great Expectations alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from psycopg import sql

from customer_knowledge.errors import GateClosed
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import dsn, warehouse
from expectations import judge
from expectations.results import status
from expectations.rules import ENOUGH_ROWS, Filled, NotNull, Rule
from expectations.suite import Asset
from expectations.suites import SUITES, suite
from expectations.validation import Answer, Question, validate
from tests.conftest import Profile, clone, load
from tests.expectations.fixtures import FIXTURES

RULES = [(gate, rule) for gate, found in SUITES.items() for rule in found.rules]
CASES = [(gate, rule, side) for gate, rule in RULES for side in ("passes", "fails")]
Outcome = tuple[Asset, judge.Judged, dict[tuple[str, str], Answer]]


def name_of(gate: str, rule: Rule, side: str) -> str:
    return f"{gate}.{rule.id}.{side}"


def asset_of(gate: str, rule: Rule, side: str) -> Asset:
    query = f"select row_number() over () as row, * from ({getattr(FIXTURES[gate][rule.id], side)}) as t"
    return Asset(name=name_of(gate, rule, side), query=sql.SQL(query), key=("row",))


@pytest.fixture(scope="module")
def outcomes(template: Profile, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All fixtures, judged once by our SQL and once, in one run, by Great Expectations."""
    profile = clone(template, load("sample"))
    found = {}
    questions = []
    with warehouse(profile) as conn:
        judge.prepare(conn)
        for gate, rule, side in CASES:
            if rule.id not in FIXTURES.get(gate, {}):
                continue
            asset = asset_of(gate, rule, side)
            judged = judge.judge(conn, asset, (rule,))
            found[asset.name] = (asset, judged)
            questions.append(Question(asset, (rule,), judged.rows))
    answers = validate(dsn(settings(), profile.database), "fixtures", questions, tmp_path_factory.mktemp("docs"))
    return {name: (asset, judged, answers) for name, (asset, judged) in found.items()}


@pytest.mark.parametrize(("gate", "rule", "side"), CASES, ids=[name_of(*case) for case in CASES])
def test_rule_has_fixtures_and_both_judges_agree(
    outcomes: dict[str, Outcome], gate: str, rule: Rule, side: str
) -> None:
    assert rule.id in FIXTURES[gate], f"write a passing and a failing fixture for {gate}.{rule.id}"
    asset, judged, answers = outcomes[name_of(gate, rule, side)]
    count, answer = judged.counts[rule.id], answers[asset.name, rule.id]
    assert count.evaluated > 0
    assert (count.failed > 0) == (side == "fails")
    assert answer.success == (side == "passes")
    assert answer.failed in (None, count.failed)
    assert status(rule, asset, judged, answer) == ("passed" if side == "passes" else "failed")


def test_no_fixture_without_its_rule() -> None:
    assert {(gate, rule_id) for gate, rules in FIXTURES.items() for rule_id in rules} == {
        (gate, rule.id) for gate, rule in RULES
    }


def test_rules_are_named_once_and_speak_both_languages() -> None:
    for gate, found in SUITES.items():
        names = [rule.id for rule in found.rules]
        assert len(names) == len(set(names)), gate
        for rule in found.rules:
            assert re.search("[一-鿿]", rule.sentence_zh), rule.id
            assert rule.sentence_en.endswith("."), rule.id
            assert rule.hurts, rule.id


def test_severities_have_their_places() -> None:
    for gate, found in SUITES.items():
        severities = {rule.severity for rule in found.rules}
        # Only landing has versions that can be set apart.
        expected = {"stop", "quarantine", "warn"} if gate.startswith("landing_") else {"stop", "warn"}
        assert severities == expected, gate


def test_a_gate_without_a_suite_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GateClosed, match="has no rules"):
        suite("landing_of_nowhere")
    monkeypatch.setitem(SUITES, "core", type(SUITES["core"])("core", ()))
    with pytest.raises(GateClosed, match="has no rules"):
        suite("core")


SENTENCES = {"sentence_en": "It holds.", "sentence_zh": "成立。", "hurts": ("customer_360",)}
RULE = NotNull(id="r", asset="a", severity="warn", column="x", **SENTENCES)  # type: ignore[arg-type]
ASSET = Asset(name="a", query=sql.SQL("select 1"), key=("x",))
GOOD = Answer(success=True, errored=False, failed=0)
MANY = judge.Judged(rows=ENOUGH_ROWS, counts={"r": judge.Count(evaluated=ENOUGH_ROWS, failed=0)})


@pytest.mark.parametrize(
    ("judged", "answer"),
    [
        pytest.param(None, GOOD, id="our SQL failed"),
        pytest.param(judge.Judged(ENOUGH_ROWS, {}), GOOD, id="the rule was not judged"),
        pytest.param(MANY, None, id="Great Expectations did not evaluate it"),
        pytest.param(MANY, Answer(True, True, 0), id="Great Expectations raised inside"),
        pytest.param(MANY, Answer(True, False, 1), id="the counts disagree"),
        pytest.param(MANY, Answer(False, False, None), id="the verdicts disagree"),
        pytest.param(judge.Judged(0, {"r": judge.Count(0, 0)}), GOOD, id="no rows"),
        pytest.param(judge.Judged(ENOUGH_ROWS, {"r": judge.Count(0, 0)}), GOOD, id="an empty column"),
    ],
)
def test_what_is_not_known_to_be_evaluated_is_errored(judged: judge.Judged | None, answer: Answer | None) -> None:
    assert status(RULE, ASSET, MANY, GOOD) == "passed"
    assert status(RULE, ASSET, judged, answer) == "errored"


def test_great_expectations_answers_nothing_about_other_rows(sample: Profile, tmp_path: Path) -> None:
    asset = Asset(name="a", query=sql.SQL("select 1 as x"), key=("x",))
    address = dsn(settings(), sample.database)
    assert validate(address, "g", [Question(asset, (RULE,), 1)], tmp_path) == {("a", "r"): GOOD}
    assert validate(address, "g", [Question(asset, (RULE,), 2)], tmp_path) == {}


def test_few_rows_say_nothing_about_shares(sample: Profile, tmp_path: Path) -> None:
    rule = Filled(id="r", asset="a", severity="stop", column="x", **SENTENCES)  # type: ignore[arg-type]
    asset = Asset(name="a", query=sql.SQL("select null::text as x from generate_series(1, 19)"), key=("x",))
    with warehouse(sample) as conn:
        judge.prepare(conn)
        judged = judge.judge(conn, asset, (rule,))
    answers = validate(dsn(settings(), sample.database), "g", [Question(asset, (rule,), judged.rows)], tmp_path)
    assert status(rule, asset, judged, answers["a", "r"]) == "passed"
