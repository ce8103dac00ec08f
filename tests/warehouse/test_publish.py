"""The recipe of publishing, on real tables: four editions, a reader open across them, and what refuses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from customer_knowledge.errors import CustomerKnowledgeError, PublishRefused
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import Connection, connect, dsn, warehouse
from customer_knowledge.warehouse.manifest import Mart, from_nodes
from customer_knowledge.warehouse.publish import publish_marts

DAY = date(2026, 6, 30)


def node(name: str, columns: dict[str, str], key: list[str]) -> dict[str, Any]:
    """A mart as a dbt manifest writes it."""
    return {
        "resource_type": "model",
        "schema": "marts_build",
        "name": name,
        "description": f"{name} 表 · grain: one row a customer",
        "config": {"meta": {"key": key}},
        "columns": {c: {"name": c, "data_type": t, "description": f"{c} 列 · column"} for c, t in columns.items()},
    }


BASE = {"edition_id": "bigint", "as_of_date": "date", "customer_key": "text", "premium": "numeric(12,2)"}


def marts(**extra: str) -> tuple[Mart, ...]:
    nodes = [node("alpha", BASE, ["customer_key"]), node("beta", BASE | extra, ["customer_key"])]
    return from_nodes({n["name"]: n for n in nodes})


def build(connection: Connection, edition_id: int, day: date, shape: tuple[Mart, ...], rows: int = 3) -> None:
    """Build the marts as dbt would: a table of a temporary name with an index, renamed at the end."""
    for mart in shape:
        columns = ", ".join(f"{c.name} {c.type}" for c in mart.columns)
        connection.execute(f"drop table if exists marts_build.{mart.name}")
        connection.execute(f"create table marts_build.{mart.name}__dbt_tmp ({columns})")
        connection.execute(f"create index {mart.name}__dbt_tmp_idx on marts_build.{mart.name}__dbt_tmp (customer_key)")
        connection.execute(
            f"insert into marts_build.{mart.name}__dbt_tmp (edition_id, as_of_date, customer_key, premium)"
            " select %s, %s, 'c' || i, i * 10 from generate_series(1, %s) i",
            (edition_id, day, rows),
        )
        connection.execute(f"alter table marts_build.{mart.name}__dbt_tmp rename to {mart.name}")
    connection.commit()


def new_edition(connection: Connection, day: date) -> int:
    row = connection.execute(
        "insert into ops.edition (as_of_date, attempt, state, code_version) select %s, "
        "coalesce(max(attempt), 0) + 1, 'building', 'x' from ops.edition where as_of_date = %s"
        " returning edition_id",
        (day, day),
    ).fetchone()
    connection.commit()
    assert row
    return int(row[0])


def publish_day(
    profile: Profile, day: date = DAY, shape: tuple[Mart, ...] | None = None, rows: int = 3
) -> tuple[int, Any]:
    shape = shape or marts()
    with warehouse(profile) as connection:
        edition_id = new_edition(connection, day)
        build(connection, edition_id, day, shape, rows)
    return edition_id, publish_marts(profile, edition_id, shape)


def seen(profile: Profile, statement: str = "select distinct edition_id, count(*) from marts.alpha group by 1") -> Any:
    with connect(profile.database, "bi") as connection:
        return connection.execute(statement).fetchall()


def test_four_publishes_with_a_reader_open_across_them(sample: Profile) -> None:
    first, done = publish_day(sample)
    assert done.pointer_moved
    assert done.rows == {"alpha": 3, "beta": 3}
    reader = psycopg.connect(dsn(settings(), sample.database, "bi"))
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    old = [(first, 3)]
    statement = "select edition_id, count(*) from marts.{} group by 1"
    assert reader.execute(statement.format("alpha")).fetchall() == old

    second, _ = publish_day(sample, DAY + timedelta(1), rows=4)
    assert reader.execute(statement.format("alpha")).fetchall() == old
    assert seen(sample) == [(second, 4)]

    third, _ = publish_day(sample, DAY + timedelta(2), marts(grade="text"), rows=5)
    assert reader.execute(statement.format("alpha")).fetchall() == old
    assert reader.execute(statement.format("beta")).fetchall() == old
    assert seen(sample, "select count(*), count(grade) from marts.beta") == [(5, 0)]
    reader.close()

    with pytest.raises(PublishRefused, match=r"beta\.premium was retyped"):
        publish_day(sample, DAY + timedelta(3), marts(grade="text", premium="text"))
    assert seen(sample) == [(third, 5)]
    with warehouse(sample) as connection:
        left = connection.execute("select to_regclass('marts_build.beta')").fetchone()
    assert left == ("marts_build.beta",), "a refused publish leaves the build as it was"


def test_a_removed_column_and_a_removed_mart_are_refused(sample: Profile) -> None:
    publish_day(sample, shape=marts(grade="text"))
    with pytest.raises(PublishRefused, match=r"beta\.grade was removed"):
        publish_day(sample, DAY + timedelta(1), marts())
    with pytest.raises(PublishRefused, match="mart beta was removed"):
        publish_day(sample, DAY + timedelta(1), marts()[:1])


def test_a_finer_grain_makes_the_key_anew(sample: Profile) -> None:
    publish_day(sample)
    nodes = [
        node("alpha", BASE, ["customer_key"]),
        node("beta", BASE | {"product": "text"}, ["customer_key", "product"]),
    ]
    finer = from_nodes({n["name"]: n for n in nodes})
    with warehouse(sample) as connection:
        edition_id = new_edition(connection, DAY + timedelta(1))
        build(connection, edition_id, DAY + timedelta(1), finer)
        connection.execute("update marts_build.beta set product = 'a'")
        connection.execute(
            "insert into marts_build.beta select edition_id, as_of_date, customer_key, 1, 'b' from marts_build.beta"
        )
        connection.commit()
    publish_marts(sample, edition_id, finer)
    assert seen(sample, "select count(*), count(distinct customer_key) from marts.beta") == [(6, 3)]
    third, _ = publish_day(sample, DAY + timedelta(2), finer)
    assert seen(sample) == [(third, 3)]


def test_a_reader_of_a_view_that_changes_shape_is_waited_for_and_then_respected(
    sample: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customer_knowledge.warehouse.publish.PATIENCE_SECONDS", 0.2)
    first, _ = publish_day(sample)
    with connect(sample.database, "bi") as reader:
        reader.execute("select * from marts.beta").fetchall()
        with pytest.raises(PublishRefused, match="a reader holds"):
            publish_day(sample, DAY + timedelta(1), marts(grade="text"))
        assert seen(sample) == [(first, 3)]
    with warehouse(sample) as connection:
        edition = editions.current_build(connection, DAY + timedelta(1))
    again = publish_marts(sample, edition.edition_id, marts(grade="text"))
    assert again.pointer_moved


def test_what_stands_on_the_views_survives(sample: Profile) -> None:
    publish_day(sample)
    with warehouse(sample, autocommit=True) as connection:
        connection.execute("set role ck_marts_reader")
        connection.execute("create view marts.mine as select customer_key from marts.alpha")
        connection.execute("grant select on marts.mine to bi")
        connection.execute("reset role")
        connection.execute("alter table marts_store.alpha enable row level security")
        connection.execute("create policy but_one on marts_store.alpha using (customer_key <> 'c1')")
    second, _ = publish_day(sample, DAY + timedelta(1))
    assert seen(sample) == [(second, 2)], "the row policy on the parent holds for the view"
    assert seen(sample, "select count(*) from marts.mine") == [(2,)]


def test_an_older_date_never_moves_the_pointer_and_rollback_does(sample: Profile) -> None:
    first, _ = publish_day(sample)
    second, _ = publish_day(sample, DAY + timedelta(1))
    _, late = publish_day(sample, DAY - timedelta(1))
    assert not late.pointer_moved
    assert seen(sample) == [(second, 3)]
    with warehouse(sample) as connection:
        assert editions.rollback(connection).edition_id == first
    assert seen(sample) == [(first, 3)]
    with warehouse(sample) as connection:
        assert editions.show(connection, second).state == "withdrawn"
        with pytest.raises(CustomerKnowledgeError, match="no such published edition"):
            editions.rollback(connection, second)


def test_seven_are_kept_and_an_old_one_waits_for_its_readers(sample: Profile) -> None:
    first, _ = publish_day(sample)
    reader = psycopg.connect(dsn(settings(), sample.database, "bi"))
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    assert reader.execute("select count(*) from marts.alpha").fetchone() == (3,)
    for number in range(1, editions.KEEP):
        _, done = publish_day(sample, DAY + timedelta(number))
        assert done.dropped == ()
    _, done = publish_day(sample, DAY + timedelta(editions.KEEP))
    assert done.dropped == (), "the first edition is still read"
    assert reader.execute("select count(*) from marts.alpha").fetchone() == (3,)
    reader.close()
    _, done = publish_day(sample, DAY + timedelta(editions.KEEP + 1))
    assert first in done.dropped
    with warehouse(sample) as connection:
        gone = connection.execute(f"select to_regclass('marts_store.alpha__e{first}')").fetchone()
    assert gone == (None,)


def test_same_rows_same_hash_whatever_their_order_and_one_change_shows(sample: Profile) -> None:
    _, one = publish_day(sample)
    _, two = publish_day(sample)
    assert one.content_hash == two.content_hash
    _, more = publish_day(sample, rows=4)
    assert more.content_hash != one.content_hash


def test_an_interrupted_publish_is_taken_up_again(sample: Profile) -> None:
    from customer_knowledge.warehouse import partitions

    with warehouse(sample) as connection:
        edition_id = new_edition(connection, DAY)
        build(connection, edition_id, DAY, marts())
        partitions.make_ready(connection, marts()[0], edition_id)
        connection.commit()
    assert publish_marts(sample, edition_id, marts()).pointer_moved
    assert seen(sample) == [(edition_id, 3)]


def test_descriptions_reach_postgresql_comments(sample: Profile) -> None:
    publish_day(sample)
    comment = seen(
        sample, "select obj_description('marts.alpha'::regclass), col_description('marts.alpha'::regclass, 4)"
    )
    assert comment == [("alpha 表 · grain: one row a customer", "premium 列 · column")]
