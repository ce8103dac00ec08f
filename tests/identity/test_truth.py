"""Measured against the truth: who is found, who is taken for somebody else, and that it is always the same."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb

import pandas as pd
import pytest

from customer_knowledge.identity import decisions, store
from customer_knowledge.identity.clusters import Thresholds
from customer_knowledge.identity.resolve import Decisions, Resolution, resolve
from customer_knowledge.identity.run import resolve_edition
from tests.identity.conftest import DAY, World

pytestmark = pytest.mark.postgres
LIMITS = Thresholds(0.98, 0.6, 3.0)


@pytest.fixture(scope="module")
def parties(world: World) -> pd.DataFrame:
    return store.parties(world.landing.connection)


@pytest.fixture(scope="module")
def resolved(world: World) -> World:
    resolve_edition(world.profile, world.edition_id, DAY)
    return world


def same(left: Resolution, right: Resolution) -> bool:
    return (
        left.parties.equals(right.parties)
        and left.pairs.equals(right.pairs)
        and left.review.equals(right.review)
        and left.changes == right.changes
    )


def pairs(sizes: Iterable[int]) -> int:
    return sum(comb(int(size), 2) for size in sizes)


def test_precision_and_recall_over_pairs(resolved: World) -> None:
    rows = resolved.ask(
        "select p.source_system, p.party_id, c.customer_key from identity.cluster c"
        " join input_layer.input__parties p using (party_key) where c.edition_id = %s",
        resolved.edition_id,
    )
    found = pd.DataFrame(
        [(resolved.truth[system, party], customer) for system, party, customer in rows], columns=["person", "customer"]
    )
    real, claimed = pairs(found["person"].value_counts()), pairs(found["customer"].value_counts())
    right = pairs(found.groupby(["person", "customer"]).size())
    assert real > 2000, "too few pairs to measure by"
    assert right / claimed >= 0.99
    assert right / real >= 0.97
    numbers = resolved.ask(
        "select count(*) from identity.cluster where edition_id = %s and identity_rule = 'probabilistic'",
        resolved.edition_id,
    )
    assert numbers[0][0] > 100, "the model found nobody: is it at work?"


def test_every_party_has_one_customer_and_every_rule_is_used(resolved: World) -> None:
    (counts,) = resolved.ask(
        "select count(*), count(distinct party_key) from identity.cluster where edition_id = %s", resolved.edition_id
    )
    assert set(counts) == set(resolved.ask("select count(*) from input_layer.input__parties")[0])
    rules = {rule for (rule,) in resolved.ask("select distinct identity_rule from identity.cluster")}
    assert rules == {"id_number", "credit_code", "phone_name_birth", "probabilistic", "stand_alone"}


def test_two_valid_numbers_are_never_one_customer(resolved: World) -> None:
    numbers = resolved.ask(
        "select c.customer_key from identity.cluster c join input_layer.input__parties p using (party_key)"
        " where p.id_type = 'resident_id' and length(p.id_number) = 18 group by 1 having count(distinct id_number) > 1"
    )
    # A wrong check digit is not a number; with the right one beside it there is no second.
    assert len(numbers) <= 2
    conflicts = resolved.ask("select reason, count(*) from identity.conflict group by reason")
    assert dict(conflicts).get("different_numbers", 0) > 0, "twins should have been held apart"


def test_the_queue_asks_once_for_two_customers_until_they_are_decided(resolved: World) -> None:
    connection = resolved.landing.connection
    waiting = decisions.queue(connection, limit=1000)
    key = dict(resolved.ask("select party_key, customer_key from identity.cluster"))
    questions = [frozenset((key[w.party_key_a], key[w.party_key_b])) for w in waiting]
    assert len(questions) == len(set(questions)) > 10
    assert {"below_threshold", "different_numbers"} <= {w.reason for w in waiting}
    first = waiting[0]
    decisions.record(connection, "cannot_link", [first.party_key_b, first.party_key_a], "a tester", "not she")
    after = decisions.queue(connection, limit=1000)
    assert [w for w in waiting if w != first] == after


def test_the_same_input_gives_the_same_clusters_in_any_order(parties: pd.DataFrame) -> None:
    one = resolve(parties, LIMITS, Decisions(), {})
    other = resolve(parties.sample(frac=1, random_state=3), LIMITS, Decisions(), {})
    assert same(one, other)
    again = resolve(parties, LIMITS, Decisions(), dict(zip(one.parties["party_key"], one.parties["customer_key"])))  # noqa: B905
    assert again.parties.equals(one.parties)
    assert again.changes == []


def test_decisions_win_over_numbers_and_model(parties: pd.DataFrame) -> None:
    free = resolve(parties, LIMITS, Decisions(), {})
    by_model = free.pairs[free.pairs["is_joined"] & (free.pairs["rule"] == "probabilistic")].iloc[0]
    by_number = free.pairs[free.pairs["rule"] == "id_number"].iloc[0]
    persons = free.parties[free.parties["identity_rule"] == "id_number"].drop_duplicates("customer_key")
    strangers = tuple(sorted(persons["party_key"].iloc[:2]))
    apart = [tuple(row[["party_key_a", "party_key_b"]]) for row in (by_model, by_number)]
    decided = resolve(parties, LIMITS, Decisions([strangers], apart), {})
    key = dict(zip(decided.parties["party_key"], decided.parties["customer_key"], strict=True))
    assert key[strangers[0]] == key[strangers[1]]
    for left, right in apart:
        assert key[left] != key[right]
    rule = dict(zip(decided.parties["party_key"], decided.parties["identity_rule"], strict=True))
    assert {rule[party] for party in strangers} == {"manual"}
    reasons = decided.review.set_index(["party_key_a", "party_key_b"])["reason"]
    assert reasons[apart[1]] == "decided_apart"
