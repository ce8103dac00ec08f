"""The page at the end of the demo: what its words promise stands in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO
from types import SimpleNamespace
from typing import Any

from rich.console import Console

from customer_knowledge.profile import load
from customer_knowledge.runtime import summary

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
