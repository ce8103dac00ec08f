"""Features into data frames: declared columns only, sorted, nothing dated after the as-of date.

What is large comes in chunks: PostgreSQL writes the rows to a nameless file once, and they are parsed piece by piece,
so that memory follows the chunk and not the portfolio.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import IO, Any

import pandas as pd
from psycopg import sql

from customer_knowledge.errors import ModelRefused
from customer_knowledge.warehouse.connections import Connection
from models_ml.common.contract import Column, Contract, Registered, check_columns, check_registry

CHUNK = 100_000  # rows
_DIGITS = 6
_DRAWN = sql.SQL("('x' || left(md5(customer_key), {digits}))::bit(24)::integer").format(digits=sql.Literal(_DIGITS))


def registry(connection: Connection, unit: str) -> dict[str, Registered]:
    """What `core.feature_registry` says of each feature of a unit (`policy` or `customer`)."""
    rows = connection.execute(
        "select feature, is_protected, known_only_at_extraction from core.feature_registry where unit = %s",
        (unit,),
    ).fetchall()
    return {row[0]: Registered(bool(row[1]), bool(row[2])) for row in rows}


def _present(connection: Connection, table: str) -> dict[str, str]:
    rows = connection.execute(
        "select column_name, data_type from information_schema.columns"
        " where table_schema = 'features' and table_name = %s",
        (table,),
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def check(connection: Connection, contract: Contract, *, benchmark: frozenset[str] = frozenset()) -> None:
    """Hold a contract against the table and the registry.

    Raises:
        ModelRefused: a column is missing, of another type, unregistered, protected, or knows the future.
    """
    check_registry(contract.features, registry(connection, contract.unit), benchmark=benchmark)
    check_columns(contract, _present(connection, contract.table))


def _expression(column: Column) -> sql.Composed:
    casts = {"number": "::double precision", "flag": "::integer::double precision"}
    cast = sql.SQL(casts.get(column.kind, ""))
    name = sql.Identifier(column.name)
    return sql.SQL("{}{} as {}").format(name, cast, name)


def read(
    connection: Connection,
    contract: Contract,
    *,
    until: date,
    on: date | None = None,
    current_only: bool = False,
    benchmark: frozenset[str] = frozenset(),
    share: float = 1.0,
) -> pd.DataFrame:
    """Read a features table whole, or a share of its customers; see `stream`.

    Returns:
        A row a unit and date, sorted by the keys; numbers and flags are float64 (NaN = unknown), dates
        datetime64, words object (None = unknown), counts dictionaries.

    Raises:
        ModelRefused: see `check`; or a key is null.
    """
    chunks = list(
        stream(connection, contract, until=until, on=on, current_only=current_only, benchmark=benchmark, share=share)
    )
    return pd.concat(chunks, ignore_index=True) if chunks else frame([], contract.columns)


def stream(
    connection: Connection,
    contract: Contract,
    *,
    until: date,
    on: date | None = None,
    current_only: bool = False,
    benchmark: frozenset[str] = frozenset(),
    share: float = 1.0,
    rows: int = CHUNK,
) -> Iterator[pd.DataFrame]:
    """Read a features table in chunks, in the order of its keys.

    Args:
        connection: to the warehouse; free for other statements between the chunks.
        contract: what is read; held against table and registry first.
        until: the as-of date; rows dated later are never read.
        on: only rows of exactly this date.
        current_only: only rows of the edition itself (`is_current`).
        benchmark: protected columns that a declared benchmark variant may read.
        share: of the customers, drawn by a digest of their keys: the same ones every day, and all rows of each.
        rows: of a chunk.

    Raises:
        ModelRefused: see `check`; or a key is null.
    """
    check(connection, contract, benchmark=benchmark)
    conditions: list[sql.Composable] = [sql.SQL("as_of_date <= {}").format(sql.Literal(until))]
    if on is not None:
        conditions.append(sql.SQL("as_of_date = {}").format(sql.Literal(on)))
    if current_only:
        conditions.append(sql.SQL("is_current"))
    if share < 1:
        conditions.append(_of_drawn(connection, contract, share))
    statement = sql.SQL("select {columns} from {table} where {conditions} order by {keys}").format(
        columns=sql.SQL(", ").join(map(_expression, contract.columns)),
        table=sql.Identifier("features", contract.table),
        conditions=sql.SQL(" and ").join(conditions),
        keys=sql.SQL(", ").join(
            sql.SQL("{} collate {}").format(sql.Identifier(k.name), sql.Identifier("C"))
            if k.kind == "key"
            else sql.Identifier(k.name)
            for k in contract.keys
        ),
    )
    with tempfile.TemporaryFile() as file:
        spool(connection, statement, file)
        yield from _parsed(file, contract, rows)


def share_within(connection: Connection, table: str, rows: int, *, until: date, on: date | None = None) -> float:
    """Share of the customers of whom a features table holds about so many rows; 1 where it holds no more.

    Args:
        rows: that are wanted.
        until: rows dated later are not counted.
        on: only rows of exactly this date.
    """
    dates = sql.SQL("as_of_date <= {}" if on is None else "as_of_date = {}").format(sql.Literal(on or until))
    found = connection.execute(
        sql.SQL("select count(*) from {} where {}").format(sql.Identifier("features", table), dates)
    ).fetchone()
    held = int(found[0]) if found else 0
    return min(1.0, rows / held) if held else 1.0


def _of_drawn(connection: Connection, contract: Contract, share: float) -> sql.Composable:
    """Restricts to a share of the customers; labels do not say whose they are, units do."""
    drawn = sql.SQL("{} < {}").format(_DRAWN, sql.Literal(int(share * 16**_DIGITS)))
    if "customer_key" in _present(connection, contract.table):
        return drawn
    return sql.SQL("unit_key in (select unit_key from features.features__policy_as_of where {})").format(drawn)


def spool(connection: Connection, statement: sql.Composed, file: IO[bytes]) -> None:
    """Write what a query gives to a file as CSV, and go back to its beginning."""
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("copy ({}) to stdout (format csv)").format(statement)) as out,
    ):
        file.writelines(out)
    file.seek(0)


def _parsed(file: IO[bytes], contract: Contract, rows: int) -> Iterator[pd.DataFrame]:
    names = [column.name for column in contract.columns]
    kinds = {c.name: "float64" if c.kind in ("number", "flag") else "object" for c in contract.columns}
    keys = tuple(key.name for key in contract.keys)
    chunks = pd.read_csv(
        file, header=None, names=names, dtype=kinds, keep_default_na=False, na_values=[""], chunksize=rows
    )
    with chunks:
        for chunk in chunks:
            if chunk.empty:
                return
            yield _typed(chunk.reset_index(drop=True), contract.columns, keys)


def frame(rows: list[Any], columns: tuple[Column, ...], *, keys: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows with declared columns as a data frame of declared types.

    Raises:
        ModelRefused: a key is null.
    """
    return _typed(pd.DataFrame(rows, columns=[c.name for c in columns]), columns, keys)


def _typed(table: pd.DataFrame, columns: tuple[Column, ...], keys: tuple[str, ...]) -> pd.DataFrame:
    for column in columns:
        values = table[column.name]
        if column.kind in ("number", "flag"):
            table[column.name] = values.astype("float64")
        elif column.kind == "date":
            table[column.name] = pd.to_datetime(values)
        elif column.kind == "counts":
            table[column.name] = pd.Series(_counts(values), index=table.index, dtype=object)
        else:
            words = values.astype(object)
            table[column.name] = words.where(words.notna(), None)
    nulls = [key for key in keys if table[key].isna().any()]
    if nulls:
        raise ModelRefused(
            f"rows without a key: {', '.join(nulls)}", hint="the features' own tests should have said so"
        )
    return table


def _counts(values: Iterable[Any]) -> list[dict[str, Any] | None]:
    """Dictionaries of a column of counts, None where unknown; rows of the same text share one."""
    parsed = cache(json.loads)
    return [parsed(v) if isinstance(v, str) else v if isinstance(v, dict) else None for v in values]
