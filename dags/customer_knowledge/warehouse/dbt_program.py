"""dbt on a project that is parsed already: `python -m customer_knowledge.warehouse.dbt_program <parsed> <argument> …`.

dbt throws away what it has parsed as soon as a variable differs, and the business date is one. What a project means
does not depend on the date, so a manifest that was parsed for another day is handed to dbt as it is.
"""

from __future__ import annotations

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path

from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

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

    def release(self) -> None:
        """Leave no transaction and no temporary table to whoever is next; a connection that cannot is closed."""
        connection = self.get_if_exists()
        if connection is None or connection.state != "open":
            return
        try:
            self.rollback_if_open()  # type: ignore[no-untyped-call]
            with connection.handle.cursor() as cursor:
                cursor.execute("discard temp")
            connection.handle.commit()
        except Exception:
            super().release()


def main(parsed: Path, arguments: list[str]) -> int:
    """Run dbt; its exit code. Without the file `parsed`, dbt parses for itself."""
    PostgresAdapter.ConnectionManager = KeptConnections
    # Nearly all that is made lives to the end: a project of a hundred thousand objects need not be searched for garbage.
    gc.disable()
    ended = dbtRunner(manifest=read(parsed)).invoke(arguments)
    if ended.exception is not None:
        sys.stderr.write(f"{ended.exception}\n")
        return NOT_RUN
    return 0 if ended.success else FAILED


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
