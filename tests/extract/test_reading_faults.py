"""Quiet ways for a file or a source to be misread: a leak by header, private-use characters, equal hashes."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.errors import SourceError
from customer_knowledge.extract import files
from customer_knowledge.profile import Profile
from tests.extract.test_files import CANARY, GOOD, HEADER, ask, drop, land, lines

__all__ = ["drop"]  # the fixture
Drop = tuple[Profile, Path]


def declared(drop: Drop, **form: Any) -> Drop:
    """The drop with its file declared otherwise."""
    raw = drop[0].model_dump(by_alias=True)
    raw["connectors"][0]["tables"][0]["file"] |= form
    return Profile.model_validate(raw), drop[1]


@pytest.mark.parametrize(
    "content",
    [
        f"1;05/11/2015;1.00;{CANARY}\n2;05/11/2015;1.00;x\n",
        f"{CANARY};05/11/2015;1.00;{CANARY}\n",
        f"1,05/11/2015,1.00,{CANARY}\n",
    ],
    ids=["first row for a header", "with a value twice", "with another delimiter"],
)
def test_a_file_without_a_header_is_refused_without_saying_its_first_row(
    drop: Drop, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SourceError, match="header is missing") as refused:
        land(drop, content)
    assert CANARY not in str(refused.value) + caplog.text
    assert "05/11/2015" not in str(refused.value)
    assert ask(drop, "select count(*) from ops.batch") == [(0,)]


def test_a_private_use_character_is_a_character_and_not_a_zero_byte(drop: Drop) -> None:
    of_gb18030 = declared(drop, encoding="gb18030")
    batch = land(of_gb18030, lines("1;05/11/2015;1.00;王\ue000").encode("gb18030"))
    assert (batch.rows_new, batch.rows_unreadable) == (1, 0)
    assert ask(drop, "select name from landing.motor_portfolio__policy_year") == [("王\ue000",)]


def test_rows_that_differ_by_minus_one_and_minus_two_conflict(drop: Drop) -> None:
    batch = land(drop, lines("1;05/11/2015;-1;x", "1;05/11/2015;-2;x"))
    assert (batch.rows_new, batch.rows_duplicate, batch.rows_unreadable) == (1, 0, 1)
    totals = ask(drop, "select value, unreadable from ops.control_total where measure = 'amount'")
    assert totals == [(Decimal(-3), Decimal(-2))]


def test_torn_inside_a_character_is_refused(drop: Drop) -> None:
    with pytest.raises(SourceError, match="not utf-8"):
        land(drop, (HEADER + "\n" + GOOD).encode()[:-1])


def test_utf_16_without_its_mark_is_refused(drop: Drop) -> None:
    with pytest.raises(SourceError):
        land(drop, lines(GOOD).encode("utf-16-le"))


def test_a_blocked_file_may_come_again(drop: Drop) -> None:
    from customer_knowledge.warehouse.connections import warehouse

    land(drop, lines(GOOD))
    with warehouse(drop[0]) as connection:
        connection.execute("update ops.batch set state = 'blocked'")
    again = land(drop, lines(GOOD))
    assert (again.rows_unchanged, again.landed_now) == (1, True)
    assert ask(drop, "select attempt from ops.batch order by 1") == [(1,), (2,)]


def test_the_same_bytes_by_another_name_do_nothing(drop: Drop) -> None:
    first = land(drop, lines(GOOD))
    (drop[1] / "delivery.csv").rename(drop[1] / "renamed.csv")
    again = files.extract_declared(drop[0], drop[0].first_as_of_date)[0]
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)


def test_a_file_that_grows_while_it_is_read_is_refused(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    class Grown(files.FileReader):
        def __init__(self, *arguments: Any) -> None:
            with (drop[1] / "delivery.csv").open("ab") as late:
                late.write(b"2;05/11/2015;1.00;x\r\n")
                os.fsync(late.fileno())
            super().__init__(*arguments)

    monkeypatch.setattr(files, "FileReader", Grown)
    with pytest.raises(SourceError, match="changed while it was read"):
        land(drop, lines(GOOD))
    assert ask(drop, "select count(*) from ops.batch") == [(0,)]


def test_a_name_longer_than_any_plain_one_is_not_opened(drop: Drop) -> None:
    (drop[1] / ("x" * 240 + ".csv")).write_text(lines(GOOD))
    with pytest.raises(SourceError, match="not a plain name"):
        files.extract_declared(drop[0], drop[0].first_as_of_date)
