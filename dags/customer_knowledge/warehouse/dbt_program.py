"""dbt on a project that is parsed already: `python -m customer_knowledge.warehouse.dbt_program <parsed> <argument> …`.

dbt throws away what it has parsed as soon as a variable differs, and the business date is one. What a project means
does not depend on the date, so a manifest that was parsed for another day is handed to dbt as it is.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder
from psycopg2 import DatabaseError  # type: ignore[import-untyped]
from psycopg2.extensions import STATUS_READY, TRANSACTION_STATUS_IDLE  # type: ignore[import-untyped]
from psycopg2.extensions import connection as PostgresConnection  # noqa: N812

FAILED, NOT_RUN = 1, 2


def read(parsed: Path) -> Manifest | None:
    """The manifest in a file; None where there is none, so that dbt parses for itself. One that cannot be read goes."""
    if not parsed.exists():
        return None
    try:
        manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception as why:
        sys.stderr.write(f"{parsed.name} cannot be read and is parsed anew: {why}\n")
        parsed.unlink(missing_ok=True)
        return None
    # As dbt does with what it parsed itself: artifacts say when they were made, and `graph` is there for macros.
    manifest.metadata.generated_at = datetime.now(UTC).replace(tzinfo=None)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


class KeptConnections(PostgresConnectionManager):
    """Connections that a thread of dbt keeps from model to model.

    dbt closes one after each. The process behind the next must be made known every page of the shared memory that it
    touches, and every table that it reads.
    """

    def set_connection_name(self, name: str | None = None) -> Connection:
        """Name the thread's connection; one that died while nobody used it is opened anew."""
        connection = self.get_if_exists()
        if connection is not None and _is_kept(connection) and _is_dead(connection.handle):
            self.close(connection)
        return super().set_connection_name(name)

    def release(self) -> None:
        """Leave no transaction and no temporary table to whoever is next; a connection that cannot is closed."""
        connection = self.get_if_exists()
        if connection is None or connection.state != ConnectionState.OPEN:
            return
        try:
            self.rollback_if_open()  # type: ignore[no-untyped-call]
            if not _is_kept(connection):
                _clear(connection.handle)
        except Exception:
            super().release()


def _is_kept(connection: Connection) -> bool:
    """Whether a connection is open and cleared, and nothing was asked of it since."""
    return bool(connection.state == ConnectionState.OPEN and connection.handle.status == STATUS_READY)


def _is_dead(handle: PostgresConnection) -> bool:
    try:
        with handle.cursor() as cursor:
            cursor.execute("select 1")
        handle.rollback()
    except DatabaseError:
        return True
    return False


def _clear(handle: PostgresConnection) -> None:
    # dbt commits by a word of SQL, of which the driver does not know: it would not begin a transaction by itself.
    begun = handle.info.transaction_status != TRANSACTION_STATUS_IDLE
    with handle.cursor() as cursor:
        cursor.execute("discard temp" if begun else "begin; discard temp")
    handle.commit()


def main(parsed: Path, arguments: list[str]) -> int:
    """Run dbt; its exit code. Without the file `parsed`, dbt parses for itself."""
    PostgresAdapter.ConnectionManager = KeptConnections
    # Nearly all that is made lives to the end, and to search a whole project for garbage takes a quarter of the start.
    gc.disable()
    ended = dbtRunner(manifest=read(parsed)).invoke(arguments)
    if ended.exception is not None:
        sys.stderr.write(f"{ended.exception}\n")
        return NOT_RUN
    return 0 if ended.success else FAILED


def _leave(code: int) -> None:
    """End at once: to take a project apart object by object takes longer than to write down how it went."""
    # What libraries left to do at the end, logs and semaphores, is little.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main(Path(sys.argv[1]), sys.argv[2:]))
