"""An insurer's profile: connectors, calendar, unit at risk, horizon. One yml an insurer, checked on load."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from customer_knowledge.errors import ConfigurationError

PROFILES_DIR = Path(__file__).parent / "profiles"

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ControlTotal(_Frozen):
    """A sum the source itself is asked for, so that reconciliation has an independent side.

    For a PostgreSQL source `sql` returns (year int or null, value numeric). For a file, `column` is summed
    (or its distinct values counted, or all rows) by the year of `year_column`.
    """

    measure: Identifier
    sql: str | None = None
    function: Literal["sum", "count", "count_distinct"] | None = None
    column: str | None = None
    year_column: str | None = None


class Column(_Frozen):
    """A declared column of a file: its name there, its name in landing, its type and format."""

    name: str
    as_: Identifier = Field(alias="as")
    type: Literal["text", "integer", "numeric", "date", "boolean"]
    nullable: bool = True
    known_only_at_extraction: bool = False


class FileFormat(_Frozen):
    """How a file drop is written. Nothing here is ever guessed."""

    pattern: str
    delimiter: str = ","
    encoding: str = "utf-8"
    date_format: str = "%Y-%m-%d"
    decimal_point: Literal[".", ","] = "."
    null_values: tuple[str, ...] = ("",)
    columns: tuple[Column, ...]


class Root(_Frozen):
    """Whose row it is: a policy's or a party's, by the id in a column, or in that column's parent (`through`).

    All rows of a policy or party are built anew together when one of them changes.
    """

    kind: Literal["policy", "party"]
    column: Identifier
    through: Identifier | None = None


class Table(_Frozen):
    """A table of a source: its name there, its key, the least rows it may have, its declared totals."""

    name: Identifier
    key: tuple[Identifier, ...]
    minimum_rows: int = Field(1, ge=0)
    parents: dict[Identifier, Identifier] = Field(
        default_factory=dict, description="column → parent table in the same system; orphans are quarantined"
    )
    parent_keys: dict[Identifier, Identifier] = Field(
        default_factory=dict, description="column → the parent's column, where it is not named alike"
    )
    roots: tuple[Root, ...] = Field(
        (), description="the first says which rows are built together; the others are told of a change too"
    )
    stands_alone: bool = Field(False, description="without a root, and no other table's rows are built from it")
    file: FileFormat | None = None
    control_totals: tuple[ControlTotal, ...] = ()


class Connector(_Frozen):
    """One source system and the tables read from it."""

    system: Identifier
    kind: Literal["postgres", "files"]
    source_schema: Identifier = "public"
    business_day_sql: str | None = Field(
        None, description="asks the source for its business day; the insurer's other sources are read on that day too"
    )
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The declared table of that name.

        Raises:
            ConfigurationError: when the profile declares no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise ConfigurationError(f"{self.system} declares no table {name!r}")


class IdentityThresholds(_Frozen):
    """From which probability on the linkage model joins two parties, and from which on a person is asked.

    `margin_bits`: how much more must speak for one candidate than for another with a different identity number.
    """

    match: float = Field(0.98, gt=0.5, le=1)
    review: float = Field(0.6, gt=0, lt=1)
    margin_bits: float = Field(3.0, ge=0)


class Profile(_Frozen):
    """An insurer as the pipeline sees it."""

    insurer: Identifier
    label_en: str
    label_zh: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    time_zone: str
    first_as_of_date: date
    calendar: Literal["source", "fixed"] = "source"
    connectors: tuple[Connector, ...]
    unit_at_risk: Literal["policy", "policy_term"]
    horizon: Literal["next_12_months", "next_renewal"]
    grace_days: int = Field(60, ge=0)
    customer_identity: Literal["id_number", "proxy"]
    customer_identity_note: str = ""
    identity: IdentityThresholds = IdentityThresholds()
    train_until: date
    test_until: date
    random_seed: int = 20_260_630

    @model_validator(mode="after")
    def _one_teller(self) -> Self:
        tellers = [c.system for c in self.connectors if c.business_day_sql]
        if len(tellers) > 1:
            raise ValueError(f"one source tells the insurer's business day, not {' and '.join(tellers)}")
        return self

    @property
    def database(self) -> str:
        """The insurer's warehouse database."""
        return f"ck_{self.insurer}"

    @property
    def systems(self) -> tuple[str, ...]:
        """The source systems whose landing assets an edition requires."""
        return tuple(c.system for c in self.connectors)

    @property
    def day_teller(self) -> Connector | None:
        """The connector whose source tells the insurer's business day; None where none does."""
        return next((c for c in self.connectors if c.business_day_sql), None)

    def connector(self, system: str) -> Connector:
        """The connector of a source system.

        Raises:
            ConfigurationError: when the profile has no such connector.
        """
        for connector in self.connectors:
            if connector.system == system:
                return connector
        raise ConfigurationError(
            f"insurer {self.insurer!r} has no connector {system!r}", hint=f"it has: {', '.join(self.systems)}"
        )


def available() -> list[str]:
    """Names of the insurers that have a profile."""
    return sorted(p.stem for p in PROFILES_DIR.glob("*.yml"))


@cache
def load(insurer: str) -> Profile:
    """Read and validate an insurer's profile.

    Raises:
        ConfigurationError: unknown insurer, or a profile that does not validate (with what is wrong where).
    """
    if insurer not in available():
        hint = f"known: {', '.join(available())}"
        raise ConfigurationError(f"no profile for insurer {insurer!r}", hint=hint)
    path = PROFILES_DIR / f"{insurer}.yml"
    try:
        return Profile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ConfigurationError(f"profile {path.name} is not valid:\n{error}") from error
