"""Reading features with their contract: declared columns, declared kinds, nothing protected, nothing stamped late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection

if TYPE_CHECKING:
    import pandas as pd

CASTS = {"numeric": "::float8", "boolean": "::integer::float8", "categorical": "::text", "plain": ""}


@dataclass(frozen=True)
class Columns:
    """The columns a model reads, by kind; `plain` ones are keys and dates, not features."""

    plain: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    boolean: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """All features, in the order models see them."""
        return self.numeric + self.boolean + self.categorical

    def kinds(self) -> list[tuple[str, str]]:
        """Each column with its kind."""
        return [(c, kind) for kind in ("plain", "numeric", "boolean", "categorical") for c in getattr(self, kind)]


def check_registry(connection: Connection, unit: str, features: Sequence[str], *, protected_allowed: bool) -> None:
    """Refuse features that are not registered, protected, or stamped by the source at extraction.

    Args:
        protected_allowed: only for a declared benchmark variant.

    Raises:
        ModelRefused: names the features and why.
    """
    rows = connection.execute(
        "select feature, is_protected, known_only_at_extraction from core.feature_registry where unit = %s", (unit,)
    ).fetchall()
    known = {str(f): (bool(protected), bool(late)) for f, protected, late in rows}
    faults = [f"{f} is not registered" for f in features if f not in known]
    faults += [f"{f} is known only at extraction" for f in features if f in known and known[f][1]]
    if not protected_allowed:
        faults += [f"{f} is protected" for f in features if f in known and known[f][0]]
    if faults:
        raise ModelRefused("; ".join(faults), hint="see core.feature_registry and docs/connect-your-insurer.md")


def read(connection: Connection, source: str, columns: Columns, order_by: str, **parameters: Any) -> pd.DataFrame:
    """Read declared columns of a relation or condition, in a fixed order.

    Args:
        source: what follows `from`, a constant of ours; values go by `parameters`.
        order_by: key columns that make the order of rows, and so all results, reproducible.

    Returns:
        One row a unit; numeric and boolean columns as float64 (NULL = NaN), categorical ones as objects.
    """
    import pandas as pd

    listed = sql.SQL(", ").join(
        sql.SQL("{}" + CASTS[kind]).format(sql.Identifier("f", name)) for name, kind in columns.kinds()
    )
    statement = sql.SQL("select {} from " + source + " order by " + order_by).format(listed)  # noqa: S608
    rows = connection.execute(statement, parameters).fetchall()
    frame = pd.DataFrame(rows, columns=[name for name, _ in columns.kinds()])
    for name in columns.numeric + columns.boolean:
        frame[name] = frame[name].astype("float64")
    for name in columns.categorical:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    return frame
