"""Files are read as declared or not at all; what cannot be typed is set aside with its line and reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.errors import SourceError
from customer_knowledge.extract.files import extract_declared
from customer_knowledge.profile import Profile, load
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import warehouse

HEADER = "no;day;amount;name"
GOOD = "1;05/11/2015;222.52;甲"
CANARY = "KANARIENVOGEL"
MOTOR = Path(__file__).resolve().parents[2].parent / "shared/data/spanish_motor/motor_vehicle_insurance_data.csv"


@pytest.fixture
def drop(motor: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Profile, Path]:
    """A profile that reads a small declared file, and its drop folder."""
    monkeypatch.setattr(type(settings()), "drops_dir", property(lambda _: tmp_path))
    columns = [
        {"name": "no", "as": "no", "type": "integer", "nullable": False},
        {"name": "day", "as": "day", "type": "date"},
        {"name": "amount", "as": "amount", "type": "numeric"},
        {"name": "name", "as": "name", "type": "text"},
    ]
    totals = [
        {"measure": "rows", "function": "count"},
        {"measure": "amount", "function": "sum", "column": "amount", "year_column": "day"},
        {"measure": "numbers", "function": "count_distinct", "column": "no"},
    ]
    form = {"pattern": "*.csv", "delimiter": ";", "date_format": "%d/%m/%Y", "null_values": ["", "NA"]}
    table = {"name": "policy_year", "key": ["no"], "control_totals": totals, "file": form | {"columns": columns}}
    raw = motor.model_dump(by_alias=True) | {
        "connectors": [{"system": "motor_portfolio", "kind": "files", "tables": [table]}]
    }
    return Profile.model_validate(raw), tmp_path


def land(drop: tuple[Profile, Path], content: str | bytes) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    (drop[1] / "delivery.csv").write_bytes(data)
    return extract_declared(drop[0], drop[0].first_as_of_date)[0]


def ask(drop: tuple[Profile, Path], query: str) -> list[tuple[Any, ...]]:
    with warehouse(drop[0]) as connection:
        return connection.execute(query.encode()).fetchall()


def lines(*rows: str) -> str:
    return "\r\n".join((HEADER, *rows)) + "\r\n"


REFUSED: list[tuple[str, bytes, str]] = [
    ("gbk declared utf-8", lines("1;05/11/2015;1.00;甲").encode("gb18030"), "not utf-8"),
    ("utf-16", lines(GOOD).encode("utf-16"), "UTF-16"),
    ("empty", b"", "is empty"),
    ("unclosed quote", lines('1;05/11/2015;1.00;"甲', GOOD).encode(), "broken quoting"),
    ("torn end", (HEADER + "\n" + GOOD + "\n2;05/11").encode(), "middle of a row"),
    ("missing column", b"no;day;amount\n1;05/11/2015;1\n", "missing: name"),
    ("renamed column", b"no;day;sum;name\n1;05/11/2015;1;x\n", "missing: amount; not declared: sum"),
    ("double header", b"no;day;amount;name;name\n", "names columns twice: name"),
    ("empty header", b"no;day;;name\n", "empty name"),
    ("no header", b"\n1;05/11/2015;1;x\n", "header is missing"),
    ("other delimiter", b"no,day,amount,name\n1,05/11/2015,1,x\n", "header is missing"),
]


@pytest.mark.parametrize(("content", "said"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_a_file_not_as_declared_is_refused_whole(drop: tuple[Profile, Path], content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        land(drop, content)
    assert ask(drop, "select count(*) from ops.batch") == [(0,)]


SET_ASIDE = [
    ("full-width digits", "１２;05/11/2015;1.00;x", "no", "not_an_integer"),
    ("thousands separator", "2;05/11/2015;1,234.50;x", "amount", "not_a_number"),
    ("exponent", "2;05/11/2015;1e3;x", "amount", "not_a_number"),
    ("not a number", "2;05/11/2015;NaN;x", "amount", "not_a_number"),
    ("infinity", "2;05/11/2015;Infinity;x", "amount", "not_a_number"),
    ("month first", "2;11/25/2015;1.00;x", "day", "not_a_date"),
    ("date without zeros", "2;5/1/2015;1.00;x", "day", "not_a_date"),
    ("no such day", "2;30/02/2015;1.00;x", "day", "not_a_date"),
    ("mandatory missing", "NA;05/11/2015;1.00;x", "no", "missing"),
    ("zero byte", "2;05/11/2015;1.00;a\x00b", "name", "nul_byte"),
    ("short row", "2;05/11/2015", None, "field_count: 2 instead of 4"),
    ("long row", "2;05/11/2015;1.00;x;y", None, "field_count: 5 instead of 4"),
    ("conflict", "1;05/11/2015;9.99;x", None, "conflicting_duplicate"),
]


@pytest.mark.parametrize(("row", "column", "reason"), [c[1:] for c in SET_ASIDE], ids=[c[0] for c in SET_ASIDE])
def test_a_bad_row_is_set_aside_and_its_neighbours_are_read(
    drop: tuple[Profile, Path], row: str, column: str | None, reason: str
) -> None:
    batch = land(drop, lines(GOOD, row, "3;06/11/2015;1.00;乙"))
    assert (batch.rows_read, batch.rows_new, batch.rows_unreadable) == (3, 2, 1)
    found = ask(drop, "select line_number, column_name, reason from quarantine.unreadable_row")
    assert [(line, name) for line, name, _ in found] == [(3, column)]
    assert found[0][2].startswith(reason)


READ: list[tuple[str, Callable[[], bytes], list[tuple[Any, ...]]]] = [
    ("byte order mark", lambda: lines(GOOD).encode("utf-8-sig"), [(1, Decimal("222.52"), "甲")]),
    ("newline in quotes", lambda: lines('1;05/11/2015;1;"a\r\nb"').encode(), [(1, Decimal(1), "a\r\nb")]),
    ("doubled quotes", lambda: lines('1;05/11/2015;1;"a ""b"""').encode(), [(1, Decimal(1), 'a "b"')]),
    ("delimiter in quotes", lambda: lines('1;05/11/2015;1;"a;b"').encode(), [(1, Decimal(1), "a;b")]),
    ("columns in another order", lambda: b"name;amount;day;no\nx;1.5;05/11/2015;7\n", [(7, Decimal("1.5"), "x")]),
    ("missing values", lambda: lines("1;NA;;").encode(), [(1, None, None)]),
    ("no last newline", lambda: lines(GOOD).rstrip().encode(), [(1, Decimal("222.52"), "甲")]),
    (
        "formula and code",
        lambda: lines("1;;1;=cmd|{{ 7*7 }} $$ %s").encode(),
        [(1, Decimal(1), "=cmd|{{ 7*7 }} $$ %s")],
    ),
]


@pytest.mark.parametrize(("content", "rows"), [c[1:] for c in READ], ids=[c[0] for c in READ])
def test_what_is_as_declared_is_read_to_the_letter(
    drop: tuple[Profile, Path], content: Callable[[], bytes], rows: list[tuple[Any, ...]]
) -> None:
    land(drop, content())
    assert ask(drop, "select no, amount, name from landing.motor_portfolio__policy_year") == rows


def test_a_declared_gb18030_file_keeps_rare_characters(drop: tuple[Profile, Path]) -> None:
    raw = drop[0].model_dump(by_alias=True)
    raw["connectors"][0]["tables"][0]["file"]["encoding"] = "gb18030"
    profile = Profile.model_validate(raw)
    land((profile, drop[1]), lines("1;05/11/2015;1.00;𠮷㼆").encode("gb18030"))
    assert ask(drop, "select name from landing.motor_portfolio__policy_year") == [("𠮷㼆",)]


def test_a_column_more_is_ignored_and_noted(drop: tuple[Profile, Path]) -> None:
    land(drop, "no;day;amount;name;more\n1;05/11/2015;1.00;x;y\n")
    assert ask(drop, "select change, column_name from ops.schema_event") == [("added", "more")]


def test_identical_rows_collapse_and_are_counted(drop: tuple[Profile, Path]) -> None:
    batch = land(drop, lines(GOOD, GOOD))
    assert (batch.rows_read, batch.rows_new, batch.rows_duplicate) == (2, 1, 1)


def test_totals_tell_what_stands_in_unreadable_rows(drop: tuple[Profile, Path]) -> None:
    land(drop, lines(GOOD, "x;05/11/2015;0.48;y", "3;05/11/2016;2.00;z"))
    found = ask(drop, "select measure, year, value, unreadable from ops.control_total order by 1, 2")
    assert found == [
        ("amount", 2015, Decimal("223.00"), Decimal("0.48")),
        ("amount", 2016, Decimal("2.00"), Decimal(0)),
        ("numbers", None, Decimal(2), Decimal(0)),
        ("rows", None, Decimal(3), Decimal(1)),
    ]


def test_same_bytes_do_nothing_and_other_bytes_are_another_attempt(drop: tuple[Profile, Path]) -> None:
    first = land(drop, lines(GOOD))
    again = land(drop, lines(GOOD))
    assert (again.batch_id, again.landed_now) == (first.batch_id, False)
    other = land(drop, lines("1;05/11/2015;300.00;甲"))
    assert (other.rows_changed, other.landed_now) == (1, True)


def _symlink(folder: Path) -> None:
    outside = folder.parent / "outside.txt"
    outside.write_text(lines(GOOD))
    (folder / "delivery.csv").symlink_to(outside)


def _hard_link(folder: Path) -> None:
    outside = folder.parent / "outside.txt"
    outside.write_text(lines(GOOD))
    os.link(outside, folder / "delivery.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "delivery.csv")


def _folder(folder: Path) -> None:
    (folder / "delivery.csv").mkdir()


def _two(folder: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(lines(GOOD))


def _newline_in_name(folder: Path) -> None:
    (folder / "a\nb.csv").write_text(lines(GOOD))


@pytest.mark.parametrize("place", [_symlink, _hard_link, _pipe, _folder, _two, _newline_in_name, lambda _: None])
def test_only_one_plain_file_is_opened(drop: tuple[Profile, Path], place: Callable[[Path], None]) -> None:
    folder = drop[1] / "drops"
    folder.mkdir()
    place(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(settings()), "drops_dir", property(lambda _: folder))
        with pytest.raises(SourceError):
            extract_declared(drop[0], drop[0].first_as_of_date)


def test_no_value_of_a_row_is_said(drop: tuple[Profile, Path], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SourceError) as refused:
        land(drop, lines(f"{CANARY};05/11/2015;1.00;{CANARY}", f'2;05/11/2015;1.00;"{CANARY}'))
    land(drop, lines(f"{CANARY};05/11/2015;1.00;{CANARY}"))
    assert CANARY not in str(refused.value) + caplog.text
    assert CANARY not in str(ask(drop, "select column_name, reason from quarantine.unreadable_row"))
    assert CANARY in str(ask(drop, "select payload from quarantine.unreadable_row"))


def test_the_actual_motor_file_lands_to_the_cent(motor: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    if not MOTOR.is_file():
        pytest.skip("the motor portfolio is not beside this checkout (../shared/data)")
    monkeypatch.setattr(type(settings()), "drops_dir", property(lambda _: MOTOR.parent))
    raw = load("motor_portfolio").model_dump(by_alias=True) | {"insurer": motor.insurer}
    raw["connectors"][0]["tables"][0]["file"]["pattern"] = MOTOR.name
    profile = Profile.model_validate(raw)
    batch = extract_declared(profile, profile.first_as_of_date)[0]
    assert (batch.rows_read, batch.rows_new, batch.rows_unreadable) == (105_555, 105_555, 0)
    found = ask((profile, MOTOR), "select sum(premium) from landing.motor_portfolio__policy_year")
    assert found == [(Decimal("33344038.88"),)]
