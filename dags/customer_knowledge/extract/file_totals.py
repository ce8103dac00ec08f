"""A file's own totals, summed exactly while it is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from customer_knowledge.extract.landing import Total
from customer_knowledge.profile import ControlTotal


class Totals:
    """Sums, counts and distinct counts of declared columns by year, over readable and unreadable rows."""

    def __init__(self, controls: Sequence[ControlTotal], names: Sequence[str]) -> None:
        index = {name: position for position, name in enumerate(names)}
        self._plan = [
            (
                c,
                None if c.column is None else index[c.column],
                None if c.year_column is None else index[c.year_column],
            )
            for c in controls
        ]
        self._sums: dict[tuple[str, int | None], Decimal] = defaultdict(Decimal)
        self._lost: dict[tuple[str, int | None], Decimal] = defaultdict(Decimal)
        self._distinct: dict[str, set[Any]] = defaultdict(set)
        self._distinct_lost: dict[str, set[Any]] = defaultdict(set)
        self.readable_rows = 0

    def add(self, values: Sequence[Any]) -> None:
        """Count a typed row."""
        self.readable_rows += 1
        self._count(values, self._sums, self._distinct)

    def add_unreadable(self, values: Sequence[Any]) -> None:
        """Count what could be typed of a row that was set aside."""
        self._count(values, self._lost, self._distinct_lost)

    def _count(
        self,
        values: Sequence[Any],
        sums: dict[tuple[str, int | None], Decimal],
        distinct: dict[str, set[Any]],
    ) -> None:
        for control, column, year in self._plan:
            when = None if year is None or values[year] is None else values[year].year
            if control.function == "count":
                sums[control.measure, when] += 1
            elif column is None or values[column] is None:
                continue
            elif control.function == "sum":
                sums[control.measure, when] += values[column]
            else:
                distinct[control.measure].add(values[column])

    def result(self) -> list[Total]:
        """(measure, year, value over all rows, of it in unreadable rows)."""
        keys = sorted(set(self._sums) | set(self._lost), key=lambda k: (k[0], k[1] or 0))
        found: list[Total] = [(m, y, self._sums[m, y] + self._lost[m, y], self._lost[m, y]) for m, y in keys]
        for measure in sorted(set(self._distinct) | set(self._distinct_lost)):
            everything = self._distinct[measure] | self._distinct_lost[measure]
            lost = len(everything) - len(self._distinct[measure])
            found.append((measure, None, Decimal(len(everything)), Decimal(lost)))
        return found
