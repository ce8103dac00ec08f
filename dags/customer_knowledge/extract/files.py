"""File drops as a source: regular files inside the drop folder, declared formats, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from io import BufferedReader
from pathlib import Path

from psycopg import sql

from customer_knowledge.errors import SourceError
from customer_knowledge.extract import business_day, landing
from customer_knowledge.extract.file_reading import FileReader
from customer_knowledge.extract.landing import BatchSummary, Columns, Reading
from customer_knowledge.profile import Connector, FileFormat, Profile, Table
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.connections import Connection, warehouse

log = logging.getLogger(__name__)
MAX_BYTES = 4 * 1024**3
MAX_NAME = 200
SQL_TYPES = {"text": "text", "integer": "bigint", "numeric": "numeric", "date": "date", "boolean": "boolean"}


def extract_drop(profile: Profile, system: str, as_of_date: date) -> list[BatchSummary]:
    """Land the file of each declared table of a file source; the same bytes again do nothing.

    Raises:
        SourceError: the insurer's sources stand at another business day, there is no file or more than one, it is
            not a plain file inside the drop folder, or it does not read as declared (the message says where).
            Nothing is landed then.
    """
    connector = profile.connector(system)
    if connector.kind != "files":
        raise SourceError(f"{system} is not a file source", hint="the other extract DAGs read databases")
    if stands_at := business_day.elsewhere(profile, as_of_date):
        return _as_landed(profile, connector, as_of_date, stands_at)
    return [_extract_table(profile, system, table, as_of_date) for table in connector.tables]


def extract_declared(profile: Profile, as_of_date: date) -> list[BatchSummary]:
    """Land the drops of all file sources of an insurer.

    Raises:
        SourceError: the insurer has none, or as `extract_drop`.
    """
    systems = [c.system for c in profile.connectors if c.kind == "files"]
    if not systems:
        raise SourceError(f"insurer {profile.insurer} has no file sources", hint="its profile declares none")
    return [batch for system in systems for batch in extract_drop(profile, system, as_of_date)]


def _as_landed(profile: Profile, connector: Connector, as_of_date: date, stands_at: date) -> list[BatchSummary]:
    """What landed of another date than that of the files which lie there now."""
    with warehouse(profile) as connection:
        found = [landing.landed(connection, connector.system, t.name, as_of_date) for t in connector.tables]
    if not all(found):
        raise business_day.refusal(connector, as_of_date, stands_at, sum(map(bool, found)))
    return [batch for batch in found if batch]


def _extract_table(profile: Profile, system: str, table: Table, as_of_date: date) -> BatchSummary:
    if table.file is None:
        raise SourceError(f"{system}.{table.name} declares no file format", hint="add `file:` to the profile")
    folder = settings().drops_dir
    name = _only_match(folder, table.file.pattern)
    with _open_inside(folder, name) as file, warehouse(profile) as connection:
        as_opened = _stamp(file)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        with connection.transaction():
            landing.lock(connection, system)
            batch = landing.landed(connection, system, table.name, as_of_date)
            if batch and _digest_of(connection, batch.batch_id) == digest:
                log.info("%s.%s: the same bytes as batch %s; nothing to do", system, table.name, batch.batch_id)
                return batch
            batch = _land_file(connection, system, table, as_of_date, file, name, digest)
            if _stamp(file) != as_opened:
                raise SourceError(f"{name} changed while it was read", hint="move files into the folder when complete")
            return batch


def _stamp(file: BufferedReader) -> tuple[int, int]:
    """Size and time of the last write: another one after reading means that what was read is in doubt."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _digest_of(connection: Connection, batch_id: int) -> str | None:
    row = connection.execute("select content_sha256 from ops.batch where batch_id = %s", (batch_id,)).fetchone()
    return row[0] if row else None


def columns_of(form: FileFormat) -> Columns:
    """The landed columns of a declared file and their PostgreSQL types."""
    return {column.as_: SQL_TYPES[column.type] for column in form.columns}


def _land_file(
    connection: Connection,
    system: str,
    table: Table,
    as_of_date: date,
    file: BufferedReader,
    name: str,
    digest: str,
) -> BatchSummary:
    assert table.file is not None  # noqa: S101 — checked by the caller
    columns = columns_of(table.file)
    at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    landing.create_stage(connection, columns)
    reader = FileReader(table, file, name)
    _note_extra_columns(connection, system, table, as_of_date, reader.extra_columns)
    into = sql.SQL("copy stage ({}) from stdin").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in reader.rows():
            copy.write_row(row)
    reading = Reading(
        snapshot_at=at,
        rows_read=reader.rows_read,
        rows_duplicate=reader.rows_duplicate,
        unreadable=reader.unreadable,
        totals=reader.totals(),
        file_name=name,
        content_sha256=digest,
    )
    return landing.land(connection, system, table, as_of_date, columns, reading)


def _note_extra_columns(connection: Connection, system: str, table: Table, as_of_date: date, extra: list[str]) -> None:
    for column in extra:
        log.warning("%s.%s: the file has a column more than declared; it is ignored", system, table.name)
        connection.execute(
            "insert into ops.schema_event (source_system, source_table, as_of_date, change, column_name,"
            " detail) values (%s, %s, %s, 'added', %s, 'not declared in the profile; ignored')",
            (system, table.name, as_of_date, column[:200]),
        )


def _only_match(folder: Path, pattern: str) -> str:
    """The one file name that matches; more than one would leave open which is meant."""
    if not folder.is_dir():
        raise SourceError(f"there is no drop folder {folder}", hint="make it, or set CK_DROP_DIR")
    visible = (entry.name for entry in os.scandir(folder) if not entry.name.startswith("."))
    names = sorted(name for name in visible if fnmatch(name, pattern))
    if len(names) != 1:
        raise SourceError(
            f"{len(names)} files in {folder} match {pattern!r}, one is expected",
            hint="leave exactly the file to be read there",
        )
    return names[0]


@contextmanager
def _open_inside(folder: Path, name: str) -> Iterator[BufferedReader]:
    """Open a regular file by its plain name inside a folder; links, pipes and paths are refused unread."""
    length = len(name.encode("utf-8", "surrogateescape"))
    if "/" in name or name in (".", "..") or length > MAX_NAME or not name.isprintable():
        raise SourceError("the file's name is not a plain name", hint="rename it: letters, digits, . _ -")
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    except OSError as error:
        reason = error.strerror
        raise SourceError(f"{name} cannot be opened: {reason}", hint="links are not followed") from None
    finally:
        os.close(directory)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        hint = "copy the file itself into the drop folder"
        raise SourceError(f"{name} is not a regular file of its own", hint=hint)
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise SourceError(f"{name} is too large: {status.st_size:,} bytes", hint=f"at most {MAX_BYTES:,}")
        yield file
