"""Reading a date again: when told to, or when a later gate blocked it, and only while the source stands there."""

from __future__ import annotations

from datetime import datetime

import pytest

from customer_knowledge.errors import SourceError
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse import editions
from customer_knowledge.warehouse.connections import warehouse
from tests.extract.test_business_day import NEXT, dated, stand_at
from tests.extract.test_landing import DAY, TABLE, ask, change, counts, extract, shop

__all__ = ["dated", "shop"]  # the fixtures
ATTEMPTS = "select attempt, state from ops.batch order by batch_id"


def now(shop: Profile) -> datetime:
    found = ask(shop, "select clock_timestamp()")[0][0]
    assert isinstance(found, datetime)
    return found


def judge(shop: Profile, gate: str = "marts") -> None:
    """What had landed passed the landing gate, and a gate closed afterwards."""
    with warehouse(shop) as connection:
        connection.execute("update ops.batch set state = 'passed'")
        editions.block(connection, DAY, gate, f"gate {gate} is closed")


def test_a_date_is_read_again_as_another_attempt_when_told_to(dated: Profile) -> None:
    first = extract(dated)
    change(dated, "update item set price = 1 where item_id = 1")
    change(dated, "delete from item where item_id = 2")
    told = now(dated)
    again = extract_system(dated, "crm", DAY, reread_since=told)[0]
    assert counts(again) == (4, 0, 1, 3, 1)
    assert again.batch_id > first.batch_id
    # Tried again after a lost acknowledgement it is there already.
    assert not extract_system(dated, "crm", DAY, reread_since=told)[0].landed_now
    assert not extract(dated).landed_now
    assert ask(dated, ATTEMPTS) == [(1, "landed"), (2, "landed")]
    assert ask(dated, f"select count(*) from {TABLE}") == [(7,)]


@pytest.mark.parametrize("gate", ["core", "ml", "marts"])
def test_a_date_that_a_gate_after_landing_blocked_is_read_again_by_itself(dated: Profile, gate: str) -> None:
    extract(dated)
    judge(dated, gate)
    change(dated, "update item set price = 1 where item_id = 1")
    assert counts(extract(dated)) == (5, 0, 1, 4, 0)
    assert not extract(dated).landed_now
    assert ask(dated, ATTEMPTS) == [(1, "passed"), (2, "landed")]


def test_a_closed_landing_gate_has_no_other_system_read_again(dated: Profile) -> None:
    extract(dated)
    judge(dated, "landing_policy_admin")
    assert not extract(dated).landed_now


def test_what_a_crash_left_of_an_attempt_is_completed(dated: Profile) -> None:
    raw = dated.model_dump(by_alias=True)
    change(dated, "create table other (other_id int primary key)")
    change(dated, "insert into other values (1)")
    raw["connectors"][0]["tables"] = [*raw["connectors"][0]["tables"], {"name": "other", "key": ["other_id"]}]
    both = Profile.model_validate(raw)
    extract(both)
    judge(both)
    extract(dated)  # the first table and no more
    assert [batch.landed_now for batch in extract_system(both, "crm", DAY)] == [False, True]


def test_once_the_source_has_moved_on_what_landed_is_used_and_reading_again_refused(
    dated: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    first = extract(dated)
    judge(dated)
    stand_at(dated, NEXT)
    change(dated, "update item set price = 1")
    again = extract(dated)
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)
    assert f"crm stands at {NEXT}: what landed for {DAY} is used again" in caplog.text
    with pytest.raises(SourceError, match="it cannot be read again, and what has landed is all there is"):
        extract_system(dated, "crm", DAY, reread_since=now(dated))


def test_a_past_date_is_not_read_again_where_no_source_tells_its_day(
    shop: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    first = extract(shop)
    judge(shop)
    assert extract_system(shop, "crm", NEXT)[0].landed_now
    change(shop, "update item set price = 1")
    again = extract(shop)
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)
    assert f"crm has landed for {NEXT} since: what landed for {DAY} is used again" in caplog.text
    with pytest.raises(SourceError, match=f"crm has landed for {NEXT}: read again, {DAY} would hold rows of today"):
        extract_system(shop, "crm", DAY, reread_since=now(shop))


def test_the_last_date_is_read_again_where_no_source_tells_its_day(shop: Profile) -> None:
    extract(shop)
    judge(shop)
    assert extract(shop).landed_now
    assert extract_system(shop, "crm", DAY, reread_since=now(shop))[0].landed_now
