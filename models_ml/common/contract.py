"""What a model may read: declared columns, checked against the table and the feature registry on entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from customer_knowledge.errors import ModelRefused

Kind = Literal["number", "category", "flag", "key", "date", "counts"]
_FAMILIES: dict[Kind, tuple[str, ...]] = {
    "number": ("integer", "bigint", "smallint", "numeric", "double precision", "real"),
    "category": ("text", "character varying"),
    "flag": ("boolean",),
    "key": ("text", "character varying"),
    "date": ("date",),
    "counts": ("jsonb",),
}


@dataclass(frozen=True)
class Column:
    """A column that is read: features besides are asked about in the registry."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Contract:
    """The columns of one features table that a model reads.

    Args:
        table: name in schema `features`.
        unit: unit of the registry's entries, `policy` or `customer`.
        keys: columns that identify a row; the rows are sorted by them.
        features: columns a model learns from.
        others: columns that are needed beside (labels, moments, money), never learnt from.
    """

    table: str
    unit: str
    keys: tuple[Column, ...]
    features: tuple[Column, ...] = ()
    others: tuple[Column, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, keys first, each once."""
        return tuple({c.name: c for c in (*self.keys, *self.others, *self.features)}.values())


@dataclass(frozen=True)
class Registered:
    """What the registry says of a feature."""

    is_protected: bool
    known_only_at_extraction: bool


def numbers(*names: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(name, "number") for name in names)


def categories(*names: str) -> tuple[Column, ...]:
    """Columns of words."""
    return tuple(Column(name, "category") for name in names)


def counts(*names: str) -> tuple[Column, ...]:
    """Columns that say of several words how often each."""
    return tuple(Column(name, "counts") for name in names)


def flags(*names: str) -> tuple[Column, ...]:
    """Columns of yes and no."""
    return tuple(Column(name, "flag") for name in names)


# Read for reports on fairness, learnt from by nobody.
AUDITED = (*categories("customer_type", "sex"), *numbers("age_years"))


def check_registry(
    features: Iterable[Column], registry: Mapping[str, Registered], *, benchmark: frozenset[str] = frozenset()
) -> None:
    """Refuse features that nobody registered, that know the future, or that are protected.

    Args:
        features: what a model wants to learn from.
        registry: feature → what is registered of it, for the unit of the contract.
        benchmark: protected features that a declared benchmark variant may read; its scores are never written.

    Raises:
        ModelRefused: naming every refused feature and why.
    """
    refused = []
    for column in features:
        entry = registry.get(column.name)
        if entry is None:
            refused.append(f"{column.name} is not registered")
        elif entry.known_only_at_extraction:
            refused.append(f"{column.name} is known only at extraction")
        elif entry.is_protected and column.name not in benchmark:
            refused.append(f"{column.name} is protected")
    if refused:
        raise ModelRefused(
            f"features refused: {'; '.join(refused)}",
            hint="see dbt_project/seeds/feature_registry.csv; none is learnt from that is marked",
        )


def check_columns(contract: Contract, present: Mapping[str, str]) -> None:
    """Refuse a table that lacks a declared column or has it in another type.

    Args:
        contract: what is declared.
        present: column → data type as PostgreSQL names it.

    Raises:
        ModelRefused: naming every column that is missing or of the wrong type.
    """
    wrong = []
    for column in contract.columns:
        found = present.get(column.name)
        if found is None:
            wrong.append(f"{column.name} is missing")
        elif found not in _FAMILIES[column.kind]:
            wrong.append(f"{column.name} is {found}, not a {column.kind}")
    if wrong:
        raise ModelRefused(
            f"features.{contract.table} is not as declared: {'; '.join(wrong)}",
            hint="build the features (`ck run`), or bring the model's spec and the dbt model into line",
        )
