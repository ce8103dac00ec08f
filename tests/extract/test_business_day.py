"""A source that tells its own business day is read on that day, and under no other date."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.cli.days import business_date
from customer_knowledge.errors import ConfigurationError, SourceError
from customer_knowledge.extract.files import extract_declared
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile, load
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import READER, dsn, warehouse
from tests.extract.test_files import drop
from tests.extract.test_landing import DAY, ask, change, extract, shop

__all__ = ["drop", "shop"]  # the fixtures
NEXT = DAY + timedelta(1)
ASKED = "select as_of_date from business_day"


@pytest.fixture
def dated(shop: Profile, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """The shop whose day policy administration tells; both systems are one database here."""
    monkeypatch.setenv("CK_POLICY_ADMIN_DSN", dsn(settings(), f"source_{shop.insurer}", READER))
    settings.cache_clear()
    change(shop, "create table business_day (as_of_date date not null)")
    stand_at(shop, DAY)
    raw = shop.model_dump(by_alias=True)
    teller = raw["connectors"][0] | {"system": "policy_admin", "business_day_sql": ASKED}
    return Profile.model_validate(raw | {"connectors": [*raw["connectors"], teller]})


def stand_at(shop: Profile, day: date) -> None:
    change(shop, "delete from business_day")
    change(shop, f"insert into business_day values ('{day}')")


@pytest.mark.parametrize("system", ["policy_admin", "crm"])
@pytest.mark.parametrize("day", [date(2030, 1, 1), date(2020, 1, 1)])
def test_no_source_is_read_under_another_date(dated: Profile, system: str, day: date) -> None:
    with pytest.raises(SourceError) as refused:
        extract_system(dated, system, day)
    assert f"{system} stands at business day {DAY} and is not read as {day}" in refused.value.message
    assert "nothing of it has landed for that date" in refused.value.message
    assert f"runs {DAY}" in str(refused.value.hint)
    assert ("when the source has come to it" if day > DAY else "a past date is built from") in str(refused.value.hint)
    assert ask(dated, "select count(*) from ops.batch") == [(0,)]
    assert extract_system(dated, system, DAY)[0].landed_now


def test_a_past_date_that_landed_is_not_read_again_and_not_refused(dated: Profile) -> None:
    first = extract(dated)
    stand_at(dated, NEXT)
    change(dated, "update item set price = 1")
    again = extract(dated)
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)
    with warehouse(dated) as connection:
        connection.execute("update ops.batch set state = 'blocked'")
    with pytest.raises(SourceError, match=f"stands at business day {NEXT}"):
        extract(dated)


def test_a_date_that_landed_in_part_says_so(dated: Profile) -> None:
    extract(dated)
    stand_at(dated, NEXT)
    raw = dated.model_dump(by_alias=True)
    for connector in raw["connectors"]:
        connector["tables"] = [*connector["tables"], {"name": "other", "key": ["item_id"]}]
    with pytest.raises(SourceError, match="only 1 of its 2 tables have landed"):
        extract(Profile.model_validate(raw))


def test_a_file_is_read_on_the_day_of_the_insurers_other_sources(drop: tuple[Profile, Path], dated: Profile) -> None:
    teller = dated.connector("policy_admin").model_dump(by_alias=True)
    raw = drop[0].model_dump(by_alias=True)
    mixed = Profile.model_validate(raw | {"connectors": [*raw["connectors"], teller]})
    path = drop[1] / "delivery.csv"
    path.write_text("no;day;amount;name\n1;05/11/2015;222.52;a\n", encoding="utf-8")
    with pytest.raises(SourceError, match=f"motor_portfolio stands at business day {DAY}"):
        extract_declared(mixed, NEXT)
    first = extract_declared(mixed, DAY)[0]
    path.write_text("no;day;amount;name\n2;05/11/2015;222.52;b\n", encoding="utf-8")
    stand_at(dated, NEXT)
    assert extract_declared(mixed, DAY)[0].batch_id == first.batch_id
    assert extract_declared(mixed, NEXT)[0].landed_now


@pytest.mark.parametrize("damage", ["drop table business_day", "delete from business_day"])
def test_a_source_that_does_not_tell_its_day_is_not_read(dated: Profile, damage: str) -> None:
    change(dated, damage)
    with pytest.raises(SourceError, match="policy_admin does not tell its business day"):
        extract(dated)
    with pytest.raises(SourceError, match="policy_admin does not tell its business day"):
        business_date(dated)


def test_the_date_of_a_run_is_the_one_the_source_tells(dated: Profile, shop: Any) -> None:
    stand_at(dated, NEXT)
    assert business_date(dated) == NEXT
    assert business_date(load("motor_portfolio")) == load("motor_portfolio").first_as_of_date
    with pytest.raises(ConfigurationError, match="does not say where its business date stands"):
        business_date(shop)


def test_the_sample_insurer_tells_its_day() -> None:
    teller = load("sample").day_teller
    assert teller is not None
    assert (teller.system, teller.business_day_sql) == ("policy_admin", ASKED)


def test_one_source_tells_the_day(dated: Profile) -> None:
    raw = dated.model_dump(by_alias=True)
    both = [connector | {"business_day_sql": ASKED} for connector in raw["connectors"]]
    with pytest.raises(ValueError, match="one source tells the insurer's business day, not crm and policy_admin"):
        Profile.model_validate(raw | {"connectors": both})
