"""Resolving what changed gives, row by row, what resolving everybody gives by the same that was learnt."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pytest

from customer_knowledge import pipeline
from customer_knowledge.identity import decisions, store
from customer_knowledge.identity.cleaning import BLOCK_LIMIT
from customer_knowledge.profile import Profile, load
from customer_knowledge.sample_insurer import advance, simulate
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from tests.conftest import clone
from tests.harness.day import land
from tests.identity.book import Book, as_found, demand_same, of_everybody, rows
from tests.identity.conftest import DAY, World

pytestmark = pytest.mark.postgres


@pytest.fixture
def book(world: World) -> Iterator[Book]:
    """The sample insurer's parties in a warehouse of their own, one edition resolved and published."""
    world.landing.connection.close()
    profile = clone(world.profile, load("sample"))
    with warehouse(profile) as connection:
        found = Book(connection, profile, DAY, np.random.default_rng(11))
        found.resolve(world.edition_id)
        found.publish(world.edition_id)
        yield found


def upheave(book: Book) -> None:
    """A bad day: numbers, names, phones, births and places change hands; parties come and go."""
    person, firm = "party_type = 'person'", "party_type = 'enterprise'"
    book.borrow("id_number", 12, person)
    book.borrow("credit_code", 4, firm)
    book.set("id_number", "null", 15, f"{person} and id_number is not null")
    book.set("id_number", "overlay(id_number placing '7' from 9)", 6, f"{person} and length(id_number) = 18")
    book.borrow("phone", 15, "true")
    book.borrow("name", 12, person)
    book.borrow("name", 3, firm)
    book.borrow("birth_date", 8, person)
    book.borrow("city", 8, "true")
    book.borrow("address", 8, "true")
    book.set("occupation", "'another'", 20)
    book.remove(book.some(12))
    book.add(14)


def decide(book: Book, edition_id: int) -> None:
    """People decide: strangers are one, who was joined is not, and what was decided is decided otherwise."""
    joined = rows(book.connection, "scored_pair", edition_id)
    joined = joined[joined["is_joined"] == "t"].sample(6, random_state=edition_id)
    apart = list(zip(joined["party_key_a"], joined["party_key_b"], strict=True))
    strangers = book.some(10)
    one = list(zip(strangers[::2], strangers[1::2], strict=True))
    turned = book.connection.execute(
        "select distinct on (party_key_a, party_key_b) party_key_a, party_key_b, decision from identity.decision"
        " order by 1, 2, decision_id desc"
    ).fetchall()
    for a, b, word in turned[:4]:
        (apart if word == "must_link" else one).append((a, b))
    for word, pairs in (("cannot_link", apart), ("must_link", one)):
        for pair in pairs:
            decisions.record(book.connection, word, pair, "a tester", "to see")  # type: ignore[arg-type]


def test_upheavals_and_decisions(book: Book) -> None:
    edition_id = None
    for _ in range(5):
        upheave(book)
        if edition_id is not None:
            decide(book, edition_id)
        edition_id = book.through()
    assert len(rows(book.connection, "customer_change", edition_id)) > 5


def test_a_quiet_day_and_one_without_anything_open(book: Book) -> None:
    book.through()
    book.set("occupation", "'another'", 50)
    book.through()
    book.set("phone", "null", 1, "id_number is not null")
    book.through()


def test_a_block_that_crosses_the_limit(book: Book) -> None:
    """Whom too many share a phone with is compared by it no more, and is again when some have gone."""
    crowd = book.some(BLOCK_LIMIT - 1, "party_type = 'person' and id_number is null")
    crowd += book.some(BLOCK_LIMIT - 1 - len(crowd), "party_type = 'person' and id_number is not null")
    book.run("update input_layer.input__parties set phone = '13900000000' where party_key = any(%s)", crowd)
    for one, other in zip(crowd[:20:2], crowd[1:20:2], strict=True):
        # Nothing but the phone has these two compared; then birth date and address speak for them.
        book.run("update input_layer.input__parties set name = '欧' || right(name, 1) where party_key = %s", one)
        book.run(
            "update input_layer.input__parties p set (name, birth_date, city, address, sex) ="
            " (select '阳某', birth_date, city, address, sex from input_layer.input__parties where party_key = %s)"
            " where party_key = %s",
            one,
            other,
        )
    first = book.through()
    more = book.some(3, "party_type = 'person' and phone <> '13900000000'")
    book.run("update input_layer.input__parties set phone = '13900000000' where party_key = any(%s)", more)
    above = book.through()
    pairs = [len(rows(book.connection, "scored_pair", edition)) for edition in (first, above)]
    assert pairs[1] < pairs[0], "some pair should have been compared by the phone alone"
    book.remove(crowd[-3:])
    below = book.through()
    assert len(rows(book.connection, "scored_pair", below)) > pairs[1]


def test_who_comes_back_does_not_take_the_key_of_who_went_on(book: Book) -> None:
    """The first known of a customer goes, others go on with the key; then the first comes back as somebody else."""
    keys = book.connection.execute(
        "select customer_key from identity.cluster group by 1 having count(*) > 1 order by 1 limit 20"
    ).fetchall()
    book.remove([row[0] for row in keys])
    edition_id = book.through()
    strayed = book.connection.execute("select count(distinct strayed_key) from identity.party").fetchone()
    assert strayed == (20,)
    book.come_back()
    edition_id = book.through()
    new = rows(book.connection, "cluster", edition_id).set_index("party_key")["customer_key"]
    assert all(new[row[0]] != row[0] for row in keys)


def test_opening_and_closing_a_group_scores_its_unchanged_parties(book: Book) -> None:
    """A party that loses its number opens those joined to it by other rules; getting it back closes them."""
    rule = "phone_name_birth"
    query = (
        "select b.party_key from identity.cluster a join identity.cluster b using (customer_key)"
        " join input_layer.input__parties p on p.party_key = b.party_key"
        " where a.identity_rule = %s and p.id_number is not null group by 1 order by 1 limit 25"
    )
    givers = [row[0] for row in book.connection.execute(query.encode(), (rule,)).fetchall()]
    assert len(givers) > 10
    before = book.connection.execute("select count(*) from identity.party where is_open").fetchone()
    book.run("create table public.numbers as select party_key, id_number from input_layer.input__parties")
    book.run("update input_layer.input__parties set id_number = null where party_key = any(%s)", givers)
    book.through()
    after = book.connection.execute("select count(*) from identity.party where is_open").fetchone()
    assert before is not None and after is not None and after[0] > before[0] + len(givers)
    book.run(
        "update input_layer.input__parties p set id_number = n.id_number from public.numbers n"
        " where n.party_key = p.party_key and n.party_key = any(%s)",
        givers,
    )
    book.through()


def test_again_gives_the_same_and_what_was_not_published_is_put_back(book: Book) -> None:
    upheave(book)
    edition_id = book.next_edition()
    once = book.resolve(edition_id)
    base = book.base_of_state()
    again = book.resolve(edition_id)
    assert book.base_of_state() == base is not None
    demand_same(again, once)
    book.publish(edition_id, "blocked")
    upheave(book)
    book.through()
    assert book.base_of_state() == base


def test_everybody_is_resolved_where_changes_do_not_suffice(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "customer_knowledge.identity.run")
    first = store.base(book.connection, 0, book.day)

    def whole(why: str) -> int:
        caplog.clear()
        edition_id = book.next_edition()
        found = book.resolve(edition_id)
        assert book.base_of_state() is None
        assert why in caplog.text
        demand_same(found, book.everybody(edition_id))
        return edition_id

    book.run("update input_layer.input__parties set city = city || '区'")
    unpublished = whole("parties changed")
    assert unpublished != first
    # What everybody was resolved for was not published: what is known of the parties is of no use.
    book.publish(whole(f"is of edition {unpublished}"))
    book.through()
    book.run("update identity.model set method = 'another'")
    book.publish(whole("the model is to learn"))
    book.run("update identity.state set method = 'another'")
    book.publish(whole("the method has changed"))
    book.run("delete from identity.state")
    book.publish(whole("no edition to go on from"))
    book.run("update identity.model set parties = 10")
    book.publish(whole("the model is to learn"))
    book.through()


def test_kinds_that_nothing_was_learnt_of(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "customer_knowledge.identity.run")
    book.run("delete from identity.model where kind = 'enterprise'")
    book.borrow("name", 5, "party_type = 'person'")
    book.through()
    book.set("credit_code", "null", 5, "party_type = 'enterprise'")
    edition_id = book.next_edition()
    found = book.resolve(edition_id)
    assert "nothing is learnt yet of enterprise" in caplog.text
    demand_same(found, book.everybody(edition_id))


def test_days_of_the_sample_insurer(module_sample: Profile) -> None:
    """Days as the sources make them, built to the input layer."""
    simulate.create(300, 5, DAY)
    base = None
    day = DAY
    for number in range(3):
        if number:
            day = advance.advance_day(5)
        land(module_sample, day)
        pipeline.build_input_layer(module_sample, day)
        pipeline.resolve_identities(module_sample, day)
        with warehouse(module_sample) as connection:
            edition_id = editions.current_build(connection, day).edition_id
            row = connection.execute("select base_edition_id from identity.state").fetchone()
            assert row == (base,)
            demand_same(as_found(connection, edition_id), of_everybody(connection, module_sample, edition_id, day))
            connection.execute("update ops.edition set state = 'published' where edition_id = %s", (edition_id,))
        base = edition_id
