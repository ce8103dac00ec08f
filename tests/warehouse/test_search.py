"""Search in the notes: words made as the model makes them, published, found by the function that BI may call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import schemas
from customer_knowledge.warehouse.connections import connect, warehouse
from customer_knowledge.warehouse.manifest import from_nodes
from customer_knowledge.warehouse.publish import publish_marts
from tests.dbt.census import macros
from tests.warehouse.test_publish import DAY, new_edition, node

pytestmark = pytest.mark.postgres
TEXTS = ("item_key", "kind", "customer_key", "contributor_key", "title", "body", "pii_check")
SHAPE = {"edition_id": "bigint", "as_of_date": "date", "written_on": "date", **dict.fromkeys(TEXTS, "text")}
NOTES = {
    "often": ("退保", "客户想退保,为孩子退保", "redacted"),
    "once": ("回访", "孩子上学,暂不退保", "nothing_found"),
    "apart": ("回访", "退回的资料,保单已寄", "redacted"),
    "mixed": ("App 登录", "在App登录后续保", "redacted"),
    "hidden": ("", "【未核对,正文不公开】退保", "withheld"),
}


def publish_notes(profile: Profile, days: int = 0, **more: str) -> None:
    """Publish the notes, their words as the model has them, with more columns at the end."""
    apart = macros("characters_apart").characters_apart("title || ' ' || body")
    marts = from_nodes({"n": node("knowledge_item", SHAPE | {"search": "tsvector"} | more, ["item_key"])})
    columns = ", ".join(f"{c.name} {c.type}" for c in marts[0].columns)
    with warehouse(profile) as connection:
        edition_id = new_edition(connection, day := DAY + timedelta(days))
        connection.execute(f"create table marts_build.knowledge_item ({columns})")
        for key, said in NOTES.items():
            connection.execute(
                "insert into marts_build.knowledge_item (edition_id, as_of_date, written_on, item_key, title, body,"
                " pii_check) values (%s, %s, %s, %s, %s, %s, %s)",
                (edition_id, day, day, key, *said),
            )
        connection.execute(f"update marts_build.knowledge_item set search = to_tsvector('simple', {apart})".encode())
        connection.commit()
    publish_marts(profile, edition_id, marts)


def found(profile: Profile, words: str | None) -> list[Any]:
    with connect(profile.database, "bi") as connection:
        return [key for (key,) in connection.execute("select item_key from marts.search_knowledge(%s)", (words,))]


def test_words_are_found_as_they_are_typed(sample: Profile) -> None:
    publish_notes(sample)
    # The best first; characters of a word follow each other; what is withheld stays out.
    assert found(sample, "退保") == ["often", "once"]
    assert set(found(sample, "退 保")) == {"often", "once", "apart"}
    assert found(sample, "孩子、上学") == found(sample, "  孩子 上学 ") == ["once"]
    assert found(sample, "app登录") == ["mixed"]
    assert found(sample, "登机") == found(sample, "") == found(sample, "()&!:*") == found(sample, None) == []


def test_the_next_editions_keep_it_and_others_may_not(sample: Profile) -> None:
    publish_notes(sample)
    publish_notes(sample, days=1, topic="text")
    schemas.prepare(sample)
    assert found(sample, "孩子 上学") == ["once"]
    with warehouse(sample) as connection:
        who = connection.execute(
            "select a.grantee::regrole::text from pg_proc, aclexplode(proacl) as a"
            " where oid = 'marts.search_knowledge(text)'::regprocedure and a.grantee <> proowner"
        ).fetchall()
    assert who == [("bi",)]
