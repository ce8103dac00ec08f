"""Publishing what should not be published, and publishing when things go wrong half-way."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest

from customer_knowledge.errors import ConfigurationError, PublishRefused
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions, partitions
from customer_knowledge.warehouse.connections import connect, dsn, warehouse
from customer_knowledge.warehouse.manifest import from_nodes
from customer_knowledge.warehouse.publish import publish_marts
from tests.warehouse.test_publish import BASE, DAY, build, marts, new_edition, node, publish_day, seen

NEXT = DAY + timedelta(1)


def test_a_table_of_another_edition_is_refused(sample: Profile) -> None:
    first, _ = publish_day(sample)
    with warehouse(sample) as connection:
        edition_id = new_edition(connection, NEXT)
        build(connection, first, NEXT, marts())
    with pytest.raises(PublishRefused, match="alpha holds 3 rows of another edition"):
        publish_marts(sample, edition_id, marts())
    assert seen(sample) == [(first, 3)]


@pytest.mark.parametrize("state", ["blocked", "withdrawn"])
def test_an_edition_that_a_gate_blocked_is_refused(sample: Profile, state: str) -> None:
    with warehouse(sample) as connection:
        edition_id = new_edition(connection, DAY)
        build(connection, edition_id, DAY, marts())
        connection.execute("update ops.edition set state = %s", (state,))
    with pytest.raises(PublishRefused, match=f"is {state}"):
        publish_marts(sample, edition_id, marts())


def test_a_key_that_is_not_unique_is_refused_without_quoting_it(sample: Profile) -> None:
    first, _ = publish_day(sample)
    with warehouse(sample) as connection:
        edition_id = new_edition(connection, NEXT)
        build(connection, edition_id, NEXT, marts())
        connection.execute("update marts_build.beta set customer_key = '张三'")
    with pytest.raises(PublishRefused, match="beta is not unique by customer_key") as refused:
        publish_marts(sample, edition_id, marts())
    assert "张三" not in str(refused.value)
    assert refused.value.__suppress_context__
    assert seen(sample) == [(first, 3)]
    with warehouse(sample) as connection:
        left = connection.execute("select to_regclass('marts_build.alpha')::text").fetchone()
    assert left == ("marts_build.alpha",), "nothing was renamed"


def test_a_build_of_another_manifest_is_refused(sample: Profile) -> None:
    with warehouse(sample) as connection:
        edition_id = new_edition(connection, DAY)
        build(connection, edition_id, DAY, marts(grade="text"))
    with pytest.raises(PublishRefused, match="beta was built from another manifest"):
        publish_marts(sample, edition_id, marts())


def test_publishing_again_after_a_lost_answer_is_nothing_to_do(sample: Profile) -> None:
    edition_id, done = publish_day(sample)
    again = publish_marts(sample, edition_id, marts())
    assert (again.content_hash, again.rows, again.pointer_moved) == (done.content_hash, done.rows, True)
    assert seen(sample) == [(edition_id, 3)]


def test_a_crash_inside_the_transaction_changes_nothing(sample: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = publish_day(sample)

    def crash(*_: object) -> bool:
        raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(editions, "mark_published", crash)
        with pytest.raises(RuntimeError):
            publish_day(sample, NEXT)
    assert seen(sample) == [(first, 3)]
    with warehouse(sample) as connection:
        edition = editions.current_build(connection, NEXT)
    assert publish_marts(sample, edition.edition_id, marts()).pointer_moved
    assert seen(sample) == [(edition.edition_id, 3)]


def test_what_a_dead_publish_left_is_cleared_by_the_next_edition(sample: Profile) -> None:
    with warehouse(sample) as connection:
        dead = new_edition(connection, DAY)
        build(connection, dead, DAY, marts())
        for mart in marts():
            partitions.make_ready(connection, mart, dead)
        connection.commit()
        connection.execute("update ops.edition set state = 'withdrawn'")
    edition_id, _ = publish_day(sample, NEXT)
    assert seen(sample) == [(edition_id, 3)]
    with warehouse(sample) as connection:
        left = connection.execute(
            "select count(*) from pg_class where relnamespace = 'marts_build'::regnamespace"
        ).fetchone()
    assert left == (0,)


def test_an_index_added_to_a_parent_is_built_before_the_transaction(sample: Profile) -> None:
    publish_day(sample)
    with warehouse(sample) as connection:
        connection.execute("create index by_premium on marts_store.alpha (premium desc) where premium > 5")
    edition_id, _ = publish_day(sample, NEXT)
    with warehouse(sample) as connection:
        names = connection.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where i.inhparent = 'marts_store.by_premium'::regclass order by 1"
        ).fetchall()
    assert (f"alpha__e{edition_id}__i2",) in names, "ATTACH took ours instead of building its own"


def test_changed_descriptions_reach_the_comments_while_readers_read(sample: Profile) -> None:
    publish_day(sample)
    told = [node("alpha", BASE, ["customer_key"]), node("beta", BASE, ["customer_key"])]
    told[0]["description"] = "新的说明 · a new description"
    told[0]["columns"]["premium"]["description"] = "保费 · premium"
    with connect(sample.database, "bi") as reader:
        reader.execute("select * from marts.alpha").fetchall()
        publish_day(sample, NEXT, from_nodes({n["name"]: n for n in told}))
    comment = "select obj_description('marts.alpha'::regclass), col_description('marts.alpha'::regclass, 4)"
    assert seen(sample, comment) == [("新的说明 · a new description", "保费 · premium")]


def test_a_grant_taken_back_stays_taken_back(sample: Profile) -> None:
    publish_day(sample)
    with warehouse(sample) as connection:
        connection.execute("set role ck_marts_reader")
        connection.execute("revoke select on marts.alpha from bi")
    publish_day(sample, NEXT)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        seen(sample)


def test_the_transaction_is_short_and_readers_never_see_a_mixture(sample: Profile) -> None:
    """A reader in a loop sees whole editions only: both marts of the same one, in one statement."""
    publish_day(sample, rows=50)
    mixed, reads, done = [], 0, threading.Event()
    statement = (
        "select (select max(edition_id) from marts.alpha), (select max(edition_id) from marts.beta),"
        " (select count(*) from marts.alpha), (select count(*) from marts.beta)"
    )

    def read() -> None:
        nonlocal reads
        with psycopg.connect(dsn(settings(), sample.database, "bi"), autocommit=True) as connection:
            while not done.is_set():
                row = connection.execute(statement).fetchone()
                reads += 1
                if row is None or row[0] != row[1] or row[2:] != (50, 50):
                    mixed.append(row)

    poller = threading.Thread(target=read)
    poller.start()
    try:
        for number in range(1, 6):
            publish_day(sample, DAY + timedelta(number), rows=50)
    finally:
        done.set()
        poller.join()
    assert reads > 20
    assert mixed == []


def test_names_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="alpha; drop table x"):
        from_nodes({"a": node("alpha; drop table x", BASE, [])})
    with pytest.raises(ConfigurationError, match="nowhere"):
        from_nodes({"a": node("alpha", BASE, ["nowhere"])})


def test_a_transaction_open_across_publishes_never_finds_a_mart_empty(sample: Profile) -> None:
    """READ COMMITTED, as BI tools have it, prepared statements and all: the old edition or the new, whole."""
    first, _ = publish_day(sample)
    statement = "select edition_id, count(*) from marts.alpha group by 1"
    with psycopg.connect(dsn(settings(), sample.database, "bi")) as reader:
        reader.prepare_threshold = 0
        assert reader.execute(statement).fetchall() == [(first, 3)]
        second, _ = publish_day(sample, NEXT)
        for _ in range(3):
            assert reader.execute(statement).fetchall() in ([(first, 3)], [(second, 3)])
        both = (
            "select distinct a.edition_id, b.edition_id from marts.alpha a full join marts.beta b using (customer_key)"
        )
        assert reader.execute(both).fetchall() in ([(first, first)], [(second, second)])
        with warehouse(sample) as connection:
            editions.rollback(connection)
        assert reader.execute(statement).fetchall() in ([(first, 3)], [(second, 3)])
        reader.commit()
        assert reader.execute(statement).fetchall() == [(first, 3)]


def test_old_moves_of_the_pointer_are_forgotten(sample: Profile) -> None:
    for number in range(4):
        publish_day(sample, DAY + timedelta(number))
    with warehouse(sample) as connection:
        assert connection.execute("select count(*) from marts_store.pointer").fetchone() == (1,)
