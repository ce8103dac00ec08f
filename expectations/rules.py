"""Rules: what must hold of a row, declared once and judged twice: by Great Expectations and by our own SQL.

A rule gives `holds()`, a boolean SQL expression over a row of its asset (NULL = the row has nothing to
judge), and `expectation()`, the same for Great Expectations. The gate trusts a rule only where both agree.
No rule's SQL may hold a per cent sign: Great Expectations doubles it on its way to the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from psycopg import sql

Severity = Literal["stop", "quarantine", "warn"]

# Below this many rows an empty column may be chance; from it on it means that something broke.
ENOUGH_ROWS = 20

_GX_SEVERITY = {"stop": "critical", "quarantine": "warning", "warn": "info"}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold of the rows of an asset.

    Attributes:
        id: stable name, as it stands in quality.check_result and ops.rejected_version.
        asset: the table (landing) or named query (later gates) it is about.
        severity: `stop` closes the gate, `quarantine` sets the failing rows apart, `warn` reports.
        sentence_en: what must hold, in words; shown in reports, Data Docs and as a reason of rejection.
        sentence_zh: the same in Chinese.
        hurts: marts that would be wrong if it were let through.
        optional: it may rightly find nothing to judge in any number of rows (a column that is often NULL).
    """

    gx_type: ClassVar[str]

    id: str
    asset: str
    severity: Severity
    sentence_en: str
    sentence_zh: str
    hurts: tuple[str, ...]
    optional: bool = False

    def holds(self) -> sql.Composable:
        """Boolean SQL over a row of the asset: true = holds, false = fails, NULL = nothing to judge."""
        raise NotImplementedError

    def arguments(self) -> dict[str, Any]:
        """What the expectation of type `gx_type` is given."""
        raise NotImplementedError

    def arguments_for_few_rows(self) -> dict[str, Any]:
        """The same below `ENOUGH_ROWS` rows, where shares and variety say nothing."""
        return self.arguments()

    def expectation(self, rows: int) -> Any:
        """The rule as an expectation for an asset of `rows` rows (imports Great Expectations)."""
        import great_expectations.expectations as gxe

        arguments = self.arguments() if rows >= ENOUGH_ROWS else self.arguments_for_few_rows()
        return getattr(gxe, self.gx_type)(
            **arguments,
            meta={"rule_id": self.id, "hurts": list(self.hurts)},
            description=f"{self.sentence_en} / {self.sentence_zh}",
            severity=_GX_SEVERITY[self.severity],
        )


@dataclass(frozen=True, kw_only=True)
class NotNull(Rule):
    """The column has a value."""

    gx_type = "ExpectColumnValuesToNotBeNull"
    column: str

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        return sql.SQL("{} is not null").format(sql.Identifier(self.column))

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column}


@dataclass(frozen=True, kw_only=True)
class Between(Rule):
    """The number is not below `at_least` and not above `at_most`. NULL is not judged."""

    gx_type = "ExpectColumnValuesToBeBetween"
    column: str
    at_least: float
    at_most: float | None = None

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        column = sql.Identifier(self.column)
        lower = sql.SQL("{} >= {}").format(column, sql.Literal(self.at_least))
        if self.at_most is None:
            return lower
        return sql.SQL("{} and {} <= {}").format(lower, column, sql.Literal(self.at_most))

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column, "min_value": self.at_least, "max_value": self.at_most}


@dataclass(frozen=True, kw_only=True)
class InSet(Rule):
    """The value is one of a closed list. NULL is not judged."""

    gx_type = "ExpectColumnValuesToBeInSet"
    column: str
    values: tuple[str, ...]

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        values = sql.SQL(", ").join(map(sql.Literal, self.values))
        return sql.SQL("{} in ({})").format(sql.Identifier(self.column), values)

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column, "value_set": list(self.values)}


@dataclass(frozen=True, kw_only=True)
class InOrder(Rule):
    """The first of two dates is not after the second. Not judged where one is missing."""

    gx_type = "ExpectColumnPairValuesAToBeGreaterThanB"
    earlier: str
    later: str

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        return sql.SQL("{} <= {}").format(sql.Identifier(self.earlier), sql.Identifier(self.later))

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        columns = {"column_A": self.later, "column_B": self.earlier}
        return columns | {"or_equal": True, "ignore_row_if": "either_value_is_missing"}


@dataclass(frozen=True, kw_only=True)
class Unique(Rule):
    """No two rows have the same value. NULL is not judged."""

    gx_type = "ExpectColumnValuesToBeUnique"
    column: str

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        return sql.SQL("case when {0} is not null then count(*) over (partition by {0}) = 1 end").format(
            sql.Identifier(self.column)
        )

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column}


@dataclass(frozen=True, kw_only=True)
class Filled(Rule):
    """At least a share of the rows has a value; fewer rows than `ENOUGH_ROWS` always pass."""

    gx_type = "ExpectColumnProportionOfNonNullValuesToBeBetween"
    column: str
    share: float = 0.5

    def holds(self) -> sql.Composable:
        """See `Rule.holds`: where the share is missed, the rows without a value are the failing ones."""
        return sql.SQL(
            "{0} is not null or count(*) over () < {1} or count({0}) over () >= {2} * count(*) over ()"
        ).format(sql.Identifier(self.column), sql.Literal(ENOUGH_ROWS), sql.Literal(self.share))

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column, "min_value": self.share}

    def arguments_for_few_rows(self) -> dict[str, Any]:
        """See `Rule.arguments_for_few_rows`."""
        return {"column": self.column, "min_value": 0.0}


@dataclass(frozen=True, kw_only=True)
class Varies(Rule):
    """The column is not the same value throughout; fewer rows than `ENOUGH_ROWS` always pass."""

    gx_type = "ExpectColumnUniqueValueCountToBeBetween"
    column: str

    def holds(self) -> sql.Composable:
        """See `Rule.holds`."""
        return sql.SQL("count(*) over () < {1} or coalesce(min({0}) over () < max({0}) over (), false)").format(
            sql.Identifier(self.column), sql.Literal(ENOUGH_ROWS)
        )

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`."""
        return {"column": self.column, "min_value": 2}

    def arguments_for_few_rows(self) -> dict[str, Any]:
        """See `Rule.arguments_for_few_rows`."""
        return {"column": self.column, "min_value": 0}


@dataclass(frozen=True, kw_only=True)
class RowCondition(Rule):
    """A condition in SQL over the row's columns. A row for which it is NULL is not judged."""

    gx_type = "UnexpectedRowsExpectation"
    condition: str

    def __post_init__(self) -> None:
        if "%" in self.condition:
            raise ValueError(f"rule {self.id}: no per cent sign in SQL, use mod() or starts_with()")

    def holds(self) -> sql.Composable:
        """See `Rule.holds`. Conditions are constants of the suites, never input."""
        return sql.SQL(self.condition)

    def arguments(self) -> dict[str, Any]:
        """See `Rule.arguments`: it selects a constant, so that no value of a row is ever fetched."""
        condition = self.condition.replace("{", "{{").replace("}", "}}")
        query = f"select 1 as failing from {{batch}} as candidate where ({condition}) is false"  # noqa: S608
        return {"unexpected_rows_query": query}
