"""The page at the end of a day: what its words promise stands in it, and whether readers see what was published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from customer_knowledge.profile import load
from customer_knowledge.runtime import summary
from customer_knowledge.runtime.day import Outcome
from customer_knowledge.warehouse.editions import Edition

AMOUNTS = (Decimal("1234.50"), Decimal("990.00"), 0.42)
ROW = (3, "c" * 32, *AMOUNTS, "A", "迟缴", "Paid late", "上门", "Visit", date(2026, 7, 3))


def test_the_worklist_says_what_orders_it_and_whom_it_leaves_out() -> None:
    answered = SimpleNamespace(fetchall=lambda: [ROW])
    bi: Any = SimpleNamespace(execute=lambda *_: answered)
    console = Console(width=240, record=True, file=StringIO())
    console.print(summary._worklist(bi, load("sample")))
    said = console.export_text()
    assert "by expected gain" in said
    assert "holdout" in said
    assert "留出组" in said
    assert "1,234.50" in said
    assert said.index("expected gain (CNY)") < said.index("premium at risk (CNY)")


def edition(number: int, day: date) -> Edition:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    return Edition(number, day, 1, "published", "c", "i", "h", None, "published", at, at, True)


def headline(of: Edition, shown: Edition | None) -> str:
    console = Console(width=150)
    with console.capture() as said:
        outcome = Outcome(of, was_published_already=False, seconds=1.0, task_seconds={})
        console.print(summary._headline(load("sample"), outcome, shown))
    return said.get()


OLDER, NEWER = edition(9, date(2026, 6, 30)), edition(7, date(2026, 7, 3))


def test_readers_of_a_later_date_are_mentioned() -> None:
    said = headline(OLDER, NEWER)
    assert "Readers do not see it, but edition 7 of a later date, 2026-07-03" in said
    assert "读者看到的仍是日期更晚的版本 7" in said


@pytest.mark.parametrize("of", [OLDER, NEWER])
def test_readers_who_see_it_are_not(of: Edition) -> None:
    assert "Readers" not in headline(of, of)
