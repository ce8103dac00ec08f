"""Reading a delimited file exactly as declared: nothing is guessed, nothing is replaced.

A fault that puts the whole file in doubt (encoding, header, an unclosed quote, a torn end) refuses it, with
the line. A row that cannot be typed is set aside with its line, column and reason; its neighbours are read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from io import BufferedReader
from typing import Any

from customer_knowledge.errors import SourceError
from customer_knowledge.extract.file_totals import Totals
from customer_knowledge.extract.landing import Total
from customer_knowledge.extract.repeated import CONFLICT, Unreadable
from customer_knowledge.profile import Column, FileFormat, Table

INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
NUMBER = {
    ".": re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,10})?\Z"),
    ",": re.compile(r"[+-]?[0-9]{1,20}(,[0-9]{1,10})?\Z"),
}
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
MAX_FIELD = 1_000_000
NUL = "\x00"
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Untyped(ValueError):
    """A field is not what was declared; carries a reason code, never the value."""


def _integer(text: str) -> int:
    if not INTEGER.match(text):
        raise _Untyped("not_an_integer")
    return int(text)


def _numeric(point: str, text: str) -> Decimal:
    if not NUMBER[point].match(text):
        raise _Untyped("not_a_number")
    return Decimal(text.replace(",", "."))


@lru_cache(maxsize=100_000)
def _date(form: str, text: str) -> date:
    try:
        if not text.isascii():
            raise ValueError
        found = datetime.strptime(text, form).date()  # noqa: DTZ007 — a date has no zone
    except ValueError:
        raise _Untyped("not_a_date") from None
    # strptime takes 1/2/2018 for 01/02/2018; what was declared is what is taken.
    if found.strftime(form) != text:
        raise _Untyped("not_a_date")
    return found


def _boolean(text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise _Untyped("not_a_boolean")
    return BOOLEANS[text.lower()]


def _fingerprint(values: tuple[Any, ...]) -> int:
    """A hash that tells -1 from -2, which Python's own does not."""
    return hash((values, tuple(value == -1 for value in values)))


def converter(column: Column, form: FileFormat) -> Callable[[str], Any]:
    """The function that types a column's fields, by its declaration."""
    by_type: dict[str, Callable[[str], Any]] = {
        "text": str,
        "integer": _integer,
        "numeric": partial(_numeric, form.decimal_point),
        "date": partial(_date, form.date_format),
        "boolean": _boolean,
    }
    return by_type[column.type]


class FileReader:
    """Reads one file once: `rows()` gives typed tuples, the counters and totals are right after it ended."""

    def __init__(self, table: Table, file: BufferedReader, name: str) -> None:
        if table.file is None:
            raise SourceError(f"{table.name} declares no file format")
        self.form, self.name = table.file, name
        self.rows_read = self.rows_duplicate = 0
        self.unreadable: list[Unreadable] = []
        self.extra_columns: list[str] = []
        self._ends_in_newline = _check_start_and_end(file, name)
        self._records = self._parse(file)
        self._positions = self._header(next(self._records, (1, []))[1])
        self._plan = [(c, self._positions[c.name], converter(c, self.form)) for c in self.form.columns]
        self._nulls = frozenset(self.form.null_values)
        names = [c.as_ for c in self.form.columns]
        self._key = [names.index(k) for k in table.key]
        self._seen: dict[tuple[Any, ...], int | None] = {}
        self._totals = Totals(table.control_totals, names)

    def totals(self) -> list[Total]:
        """The file's own totals, with the part that stands in unreadable rows."""
        return self._totals.result()

    def _refuse(self, reason: str, line: int | None = None) -> SourceError:
        where = f", line {line:,}" if line else ""
        hint = "the file is refused whole; have it sent again"
        return SourceError(f"file {self.name}{where}: {reason}", hint=hint)

    def _parse(self, file: BufferedReader) -> Iterator[tuple[int, list[str]]]:
        """Records with the line each begins on."""
        encoding = "utf-8-sig" if self.form.encoding.lower() in ("utf-8", "utf8") else self.form.encoding
        text = io.TextIOWrapper(file, encoding=encoding, errors="strict", newline="")
        csv.field_size_limit(MAX_FIELD)
        reader = csv.reader(text, delimiter=self.form.delimiter, strict=True)
        line = 1
        try:
            for record in reader:
                yield line, record
                line = reader.line_num + 1
        except UnicodeDecodeError as error:
            raise self._refuse(f"not {self.form.encoding} as declared ({error.reason})", line) from None
        except csv.Error as error:
            raise self._refuse(f"broken quoting or an oversized field ({error})", line) from None
        finally:
            if not file.closed:
                text.detach()

    def _header(self, names: list[str]) -> dict[str, int]:
        if not names or any(not n.strip() for n in names):
            raise self._refuse("the header is missing or has an empty name", 1)
        declared = [c.name for c in self.form.columns]
        if not set(declared) & set(names):
            # Where there is no header the first row stands in its place: its values are not to be said.
            raise self._refuse(
                f"the header is missing: none of the declared columns ({', '.join(declared)}) is there", 1
            )
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise self._refuse(f"the header names columns twice: {', '.join(twice)}", 1)
        missing = [n for n in declared if n not in names]
        self.extra_columns = [n for n in names if n not in declared]
        if missing:
            extra = ", ".join(self.extra_columns) or "none"
            raise self._refuse(f"declared columns are missing: {', '.join(missing)}; not declared: {extra}", 1)
        self._width = len(names)
        return {n: i for i, n in enumerate(names)}

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Typed rows in the declared columns' order; unreadable and repeated ones are set aside and counted.

        Raises:
            SourceError: the file as a whole cannot be trusted; the message says where.
        """
        held: tuple[int, list[str]] | None = None
        for following in self._records:
            if held is not None:
                yield from self._row(*held)
            held = following
        if held is not None:
            if not self._ends_in_newline and len(held[1]) < self._width:
                raise self._refuse("the file ends in the middle of a row", held[0])
            yield from self._row(*held)

    def _row(self, line: int, record: list[str]) -> Iterator[tuple[Any, ...]]:
        if not record:
            return
        self.rows_read += 1
        if len(record) != self._width:
            self._set_aside(line, None, f"field_count: {len(record)} instead of {self._width}", record)
            return
        values: list[Any] = []
        for column, position, convert in self._plan:
            text = record[position]
            try:
                values.append(self._value(column, text, convert))
            except _Untyped as reason:
                self._set_aside(line, column.name, str(reason), record)
                return
        yield from self._unless_repeated(line, tuple(values), record)

    def _value(self, column: Column, text: str, convert: Callable[[str], Any]) -> Any:
        if text in self._nulls:
            if not column.nullable:
                raise _Untyped("missing")
            return None
        if NUL in text:
            raise _Untyped("nul_byte")
        return convert(text)

    def _unless_repeated(self, line: int, values: tuple[Any, ...], record: list[str]) -> Iterator[tuple[Any, ...]]:
        key, fingerprint = tuple(values[i] for i in self._key), _fingerprint(values)
        first = self._seen.setdefault(key, None)
        if first is None:
            self._seen[key] = fingerprint
            self._totals.add(values)
            yield values
        elif first == fingerprint:
            self.rows_duplicate += 1
        else:
            self._set_aside(line, None, f"{CONFLICT}: the key stands in an earlier line", record)

    def _set_aside(self, line: int, column: str | None, reason: str, record: list[str]) -> None:
        """Keep a row's text for quarantine, and count what can be read of it in the file's totals."""
        payload = self.form.delimiter.join(record).replace(NUL, "\\0")
        self.unreadable.append((line, column, reason, payload))
        if len(record) == self._width:
            self._totals.add_unreadable([self._readable(c, record[p], f) for c, p, f in self._plan])

    def _readable(self, column: Column, text: str, convert: Callable[[str], Any]) -> Any:
        try:
            return self._value(column, text, convert)
        except _Untyped:
            return None


def _check_start_and_end(file: BufferedReader, name: str) -> bool:
    """Refuse UTF-16 by its mark; tell whether the last line is ended."""
    start = file.read(4)
    if start.startswith(UTF16):
        raise SourceError(f"file {name} is UTF-16, which is not declared", hint="have it sent as declared")
    if not start:
        raise SourceError(f"file {name} is empty", hint="have it sent again")
    file.seek(-1, io.SEEK_END)
    last = file.read(1)
    file.seek(0)
    return last in (b"\n", b"\r")
