"""The parts by themselves: numbers, names, clusters under contradiction, keys that stay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.identity import cleaning, keys, numbers
from customer_knowledge.identity.clusters import (
    Clusters,
    Doubt,
    Thresholds,
    decide,
    join_exact,
    join_scored,
    still_apart,
)
from customer_knowledge.identity.exact import Link, links
from customer_knowledge.identity.keys import Change, Party
from customer_knowledge.sample_insurer import identity

LIMITS = Thresholds(0.98, 0.6, 3.0)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("11010519491231002X", "11010519491231002X"),
        (" 110105 19491231-002x ", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),  # the old form of the same number
        ("110105194912310021", None),
        ("11010519491331002X", None),
        ("E12345678", None),
    ],
)
def test_resident_numbers_are_lengthened_and_checked(written: str, number: str | None) -> None:
    assert numbers.resident(written) == number


def test_check_characters_agree_with_another_implementation() -> None:
    area, born = np.array(["1101", "4403"]), np.array(["1980-02-01", "1999-12-31"], dtype="M8[D]")
    for number in identity.resident_ids(area, born, np.array(["M", "F"])):
        assert numbers.resident(number) == number
    for code in identity.credit_codes(area, np.array([12345678, 87654321])):
        assert numbers.credit(code) == code
        assert numbers.credit(code[:-1] + ("0" if code[-1] != "0" else "1")) is None


def party(party_key: str, **values: str) -> dict[str, str | None]:
    row = dict.fromkeys(cleaning.READ) | {"party_type": "person", "known_on": "2020-01-01", "source_system": "s"}
    return row | {"party_key": party_key, "party_id": party_key} | values


def test_exact_rules_need_what_they_say() -> None:
    rows = [
        party("a", id_number="110105491231002", name="王芳"),
        party("b", id_number="11010519491231002x", name="汪方方"),
        party("c", phone="+86 160 1234 5678", name=" 李 雷", birth_date="1990-01-02"),
        party("d", phone="16012345678", name="李雷", birth_date="1990-01-02"),
        party("e", phone="16012345678", name="李雷", birth_date="1990-02-01"),
        party("f", id_number="E12345678", name="韩梅"),
        party("g", id_number="e1234 5678", name="韩玫"),
        party("h", id_number="E12345678", name="韩大梅"),
    ]
    table = cleaning.clean(pd.DataFrame(rows))
    found = {(table["party_key"][x.left], table["party_key"][x.right], x.rule) for x in links(table)[0]}
    assert found == {("a", "b", "id_number"), ("c", "d", "phone_name_birth"), ("f", "g", "id_number")}


def test_a_number_under_another_name_is_for_a_person_to_decide() -> None:
    number = {"id_number": "11010519491231002X"}
    rows = [party("a", name="王芳", **number), party("b", name="李雷", **number), party("c", name="王方", **number)]
    rows += [party("d", name="李雷", **number), party("e", **number)]
    table = cleaning.clean(pd.DataFrame(rows))
    found, odd = links(table)
    assert [(x.left, x.right) for x in found] == [(0, 2), (0, 4), (1, 3)]
    assert [(x.left, x.right) for x in odd] == [(0, 1), (0, 3)]


def test_a_value_that_too_many_share_blocks_nothing() -> None:
    rows = [party(f"{i:04d}", phone="95500000000", name=f"王{chr(0x4E00 + i)}") for i in range(150)]
    table = cleaning.clean(pd.DataFrame(rows))
    assert table["block_phone"].nunique() == 1
    assert cleaning.uncrowded(table)["block_phone"].isna().all()


def test_two_numbers_never_meet_not_even_through_a_third() -> None:
    sets = Clusters(["n1", None, "n2"])
    assert join_exact(sets, [Link(0, 1, "phone_name_birth", 1.0)]) == []
    doubts = join_scored(sets, [Link(1, 2, "probabilistic", 0.999, 20.0)], LIMITS)
    assert [d.reason for d in doubts] == ["different_numbers"]
    assert sets.root(0) != sets.root(2)


def test_the_likelier_candidate_wins_and_equal_ones_are_left_to_a_person() -> None:
    clear = Clusters([None, "elder", "younger"])
    scored = [Link(0, 1, "p", 0.9999, 25.0), Link(0, 2, "p", 0.99, 12.0)]
    assert [d.reason for d in join_scored(clear, scored, LIMITS)] == ["different_numbers"]
    assert clear.root(0) == clear.root(1)
    even = Clusters([None, "elder", "younger"])
    scored = [Link(0, 1, "p", 0.9999, 25.0), Link(0, 2, "p", 0.9999, 24.0)]
    assert [d.reason for d in join_scored(even, scored, LIMITS)] == ["ambiguous", "ambiguous"]
    assert len({even.root(i) for i in range(3)}) == 3


def test_only_questions_that_are_still_open_are_asked() -> None:
    sets = Clusters(["n1", None, "n2", None, None], apart=[(0, 3)])
    join_exact(sets, [Link(0, 1, "phone_name_birth", 1.0)])
    doubts = [Doubt(Link(a, b, "p", 0.9), "below_threshold") for a, b in [(0, 1), (1, 2), (1, 3), (1, 4)]]
    remaining = still_apart(sets, doubts)
    # Joined by now; two numbers; its customer is decided to be another; open.
    assert [(d.link.right, d.reason) for d in remaining] == [(3, "decided_apart"), (4, "below_threshold")]


def test_below_the_threshold_asks_and_below_review_is_silent() -> None:
    sets = Clusters([None] * 4)
    scored = [Link(0, 1, "p", 0.9, 9.0), Link(2, 3, "p", 0.5, 1.0)]
    assert [(d.link.left, d.reason) for d in join_scored(sets, scored, LIMITS)] == [(0, "below_threshold")]


def test_decisions_beat_numbers_and_contradictions_are_told() -> None:
    sets = Clusters(["n1", "n2", None], apart=[(0, 2)])
    assert [d.reason for d in decide(sets, [(0, 1), (1, 2)])] == ["decisions_contradict"]
    assert sets.root(0) == sets.root(1) != sets.root(2)
    assert [d.reason for d in join_exact(sets, [Link(1, 2, "id_number", 1.0)])] == ["decided_apart"]


def members(*party_keys: str) -> list[Party]:
    return [Party(key, f"2020-01-{i:02d}", "s", key) for i, key in enumerate(party_keys, 1)]


def test_a_customer_keeps_its_key_when_an_older_party_joins() -> None:
    old, new = members("old", "new")
    assert keys.assign([[new]], {})[0] == {"new": "new"}
    assert keys.assign([[new, old]], {"new": "new"}) == ({"new": "new", "old": "new"}, [])


def test_a_merge_keeps_the_oldest_key_and_a_split_gives_back_the_other() -> None:
    a, b = members("a", "b")
    apart, _ = keys.assign([[a], [b]], {})
    merged, changes = keys.assign([[a, b]], apart)
    assert (merged, changes) == ({"a": "a", "b": "a"}, [Change("merged_into", "b", "a")])
    split, changes = keys.assign([[a], [b]], merged)
    assert (split, changes) == (apart, [Change("split_from", "b", "a")])


def test_the_key_goes_with_most_of_the_parties_and_is_never_given_twice() -> None:
    a, b, c = members("a", "b", "c")
    before = dict.fromkeys("abc", "a")
    found, changes = keys.assign([[a], [b, c]], before)
    assert found["b"] == found["c"] == "a"
    assert found["a"] not in {"a", "b", "c"}
    assert changes == [Change("split_from", found["a"], "a")]


def test_a_party_that_changes_sides_is_told() -> None:
    a, b, c, d, e = members("a", "b", "c", "d", "e")
    before = {"a": "a", "b": "a", "c": "a", "d": "d", "e": "d"}
    found, changes = keys.assign([[a, b], [c, d, e]], before)
    assert found == {"a": "a", "b": "a", "c": "d", "d": "d", "e": "d"}
    assert changes == [Change("took_from", "d", "a")]
