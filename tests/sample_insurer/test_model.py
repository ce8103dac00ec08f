"""The simulation itself: reproducible, valid where it claims to be, and true to its own model."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from customer_knowledge.sample_insurer import identity, insurer, spec
from customer_knowledge.sample_insurer.columns import Columns, add_months
from customer_knowledge.sample_insurer.insurer import Insurer
from customer_knowledge.settings import PROJECT_DIR, SMALLEST
from tests.sample_insurer.conftest import CUSTOMERS, FIRST_DAY, SEED

DIGEST = """
import hashlib
from datetime import date
from customer_knowledge.sample_insurer import insurer
made = insurer.build(60, 7, date(2026, 6, 30))
digest = hashlib.sha256()
for name, table in sorted([*made.tables.items(), (("log", ""), made.log), (("gone", ""), made.deletions)]):
    for column in sorted(table):
        digest.update(repr((name, column, table[column].tolist())).encode())
print(digest.hexdigest())
"""


def digest(hash_seed: str) -> str:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Shanghai" if hash_seed == "1" else "UTC"}
    done = subprocess.run([sys.executable, "-c", DIGEST], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("seed", [0, 5])
def test_the_smallest_insurer_has_something_of_everything_or_none_of_it(seed: int) -> None:
    """With seed 5 nobody of fifty has a new phone on a second file."""
    made = insurer.build(SMALLEST, seed, FIRST_DAY)
    assert len(made.tables["policy_admin", "party"]["party_id"]) >= SMALLEST


def test_the_same_seed_gives_the_same_rows_in_any_process() -> None:
    assert digest("1") == digest("2")


def test_another_seed_gives_other_rows(small: Insurer) -> None:
    other = insurer.build(CUSTOMERS, SEED + 1, FIRST_DAY)
    party = ("policy_admin", "party")
    assert set(small.tables[party]["id_number"]) != set(other.tables[party]["id_number"])


@pytest.mark.parametrize(
    ("first_17", "check"),
    # The example of GB 11643 in its annex, and one whose check character is X.
    [("11010519491231002", "X"), ("44052418800101001", "4")],
)
def test_resident_check_character(first_17: str, check: str) -> None:
    assert identity.resident_check(np.array([first_17]))[0] == check


def test_credit_check_character() -> None:
    # A published code: organisation part 10000019-9... is checked on its own by MOD 11.
    assert identity.credit_check(np.array(["91350100M000100Y4"]))[0] == "3"


def _wrong(made: Insurer, kind: str) -> set[str]:
    dirt = made.truth["dirt"]
    return set(dirt["row_key"][dirt["kind"] == kind])


def test_identity_numbers_are_valid_unique_and_agree_with_birth_date_and_sex(small: Insurer) -> None:
    party = small.tables["policy_admin", "party"]
    number = party["id_number"]
    resident = np.flatnonzero(party["id_type"] == "resident_id")
    assert len(set(number[resident])) == len(resident) > 250
    spoilt = {*_wrong(small, "wrong_check_digit"), *_wrong(small, "unborn_party")}
    for at in resident:
        if str(party["party_id"][at]) in spoilt:
            continue
        text = number[at]
        assert identity.resident_check(np.array([text[:17]]))[0] == text[17]
        assert text[6:14] == str(party["birth_date"][at]).replace("-", "")
        assert (int(text[16]) % 2 == 1) == (party["sex"][at] == "M")
        assert text[4:6] == "99"


def test_spoilt_check_digits_are_the_only_wrong_ones(small: Insurer) -> None:
    party, dirt = small.tables["policy_admin", "party"], small.truth["dirt"]
    arrived = (dirt["kind"] == "wrong_check_digit") & ~dirt["arrived_clean"]
    resident = party["id_type"] == "resident_id"
    texts = party["id_number"][resident].astype("U18")
    good = identity.resident_check(texts.astype("U17")) == np.array([t[17] for t in texts])
    found = set(party["party_id"][resident][~good].astype(str))
    assert found == set(dirt["row_key"][arrived])
    assert found


def test_credit_codes_are_valid(small: Insurer) -> None:
    codes = [c for c in small.tables["policy_admin", "party"]["credit_code"] if c is not None]
    assert len(set(codes)) == len(codes) > 5
    for code in codes:
        assert identity.credit_check(np.array([code[:17]]))[0] == code[17]
        assert identity.organisation_check(np.array([code[8:16]]))[0] == code[16]


def test_months_are_added_to_the_end_of_shorter_ones() -> None:
    start = np.array(["2024-01-31", "2023-08-30", "2024-02-29"], dtype="M8[D]")
    assert add_months(start, np.array([1, 6, 12])).astype(str).tolist() == [
        "2024-02-29",
        "2024-02-29",
        "2025-02-28",
    ]


def test_people_are_on_file_twice_and_keep_their_person(small: Insurer) -> None:
    party, truth = small.tables["policy_admin", "party"], small.truth["person_party"]
    person = dict(zip(zip(truth["source_system"], truth["party_id"], strict=True), truth["person_id"], strict=True))
    second = party["is_second"]
    assert 0 < second.sum() < 0.05 * len(second)
    first = dict(zip(party["person"][~second], party["party_id"][~second], strict=True))
    for who, number in zip(party["person"][second], party["party_id"][second], strict=True):
        assert person["policy_admin", str(number)] == person["policy_admin", str(first[who])]
    holders = small.tables["policy_admin", "policy_party"]
    on_second = np.isin(holders["party_id"], party["party_id"][second])
    assert set(holders["role"][on_second]) >= {"policyholder"}


def test_contacts_are_misspelt_and_relatives_share_numbers(small: Insurer) -> None:
    party, contact = small.tables["policy_admin", "party"], small.tables["crm", "contact"]
    name = dict(zip(party["person"], party["name"], strict=True))
    known = contact["person"] >= 0
    spelt = [name[p] == n for p, n in zip(contact["person"][known], contact["name"][known], strict=True) if p in name]
    assert 0.82 <= np.mean(spelt) <= 0.97
    _, count = np.unique(party["phone"].astype(str), return_counts=True)
    assert (count > 1).sum() > 10


@pytest.fixture(scope="module")
def large() -> Insurer:
    return insurer.build(3000, 11, FIRST_DAY)


def _auc(truth: Columns) -> float:
    """Probability that a policy that leaves was rated above one that stays (ties count half)."""
    order = np.argsort(truth["probability"], kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    leaves = truth["exits"]
    n, m = leaves.sum(), (~leaves).sum()
    return float((rank[leaves].sum() - n * (n + 1) / 2) / (n * m))


def test_the_true_probability_is_calibrated_and_tells_apart(large: Insurer) -> None:
    truth = large.truth["policy_hazard"]
    recent = {k: v[truth["as_of_date"] >= np.datetime64("2024-06-30")] for k, v in truth.items()}
    assert abs(recent["probability"].mean() - recent["exits"].mean()) < 0.02
    order = np.argsort(recent["probability"])
    for fifth in np.array_split(order, 5):
        assert abs(recent["probability"][fifth].mean() - recent["exits"][fifth].mean()) < 0.04
    assert 0.74 <= _auc(recent) <= 0.82


def test_persistency_and_renewal_are_those_of_an_insurer(large: Insurer) -> None:
    policy, due = large.tables["policy_admin", "policy"], large.tables["policy_admin", "premium_due"]
    paid = set(large.tables["policy_admin", "premium_payment"]["due_id"])
    event = large.tables["policy_admin", "policy_event"]
    left = set(event["policy_id"][event["event_type"] == "free_look_cancelled"])
    regular = (policy["policy_term_years"] != 1) & (policy["premium_mode"] != "single")
    early = (policy["issued_on"] < np.datetime64("2025-01-01")) & regular
    cohort = [p for p in policy["policy_id"][early] if p not in left]
    second_year = due["policy_year"] == 2
    kept = {p for p, d in zip(due["policy_id"][second_year], due["due_id"][second_year], strict=True) if d in paid}
    assert 0.82 <= np.mean([p in kept for p in cohort]) <= 0.93
    renewed, expired = ((event["event_type"] == kind).sum() for kind in ("renewed", "expired"))
    assert 0.20 <= expired / (renewed + expired) <= 0.32


def test_every_coefficient_stands_in_the_documentation() -> None:
    text = (PROJECT_DIR / "docs" / "sample-insurer.md").read_text(encoding="utf-8")
    for room in (spec.Leaving, spec.Paying, spec.Claiming, spec.Relating, spec.Confusing, spec.Dirtying):
        for field in dataclasses.fields(room):
            line = next((line for line in text.splitlines() if line.startswith(f"| `{field.name}` |")), "")
            values = np.array(field.default, dtype=object).ravel().tolist()
            assert line, f"{field.name} is not documented"
            for value in values:
                assert str(value) in line, f"{field.name} is documented with other values"
