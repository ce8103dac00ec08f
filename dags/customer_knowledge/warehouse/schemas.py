"""Databases, roles, schemas and grants: made once, checked on every start."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from psycopg import sql

from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import server
from customer_knowledge.warehouse.connections import (
    AIRFLOW,
    BI,
    PIPELINE,
    READER,
    SIMULATOR,
    Connection,
    connect,
)

SQL_DIR = Path(__file__).parent / "sql"
MARTS_READER = "ck_marts_reader"
SCHEMAS = [
    "landing",
    "ops",
    "quarantine",
    "quality",
    "changed",
    "staging",
    "input_layer",
    "intermediate",
    "core",
    "features",
    "identity",
    "ml",
    "mlflow",
    "marts_build",
    "marts_store",
    "marts",
]
PIPELINE_LIMITS = {
    "lock_timeout": "60s",
    "statement_timeout": "15min",
    "idle_in_transaction_session_timeout": "10min",
    "client_connection_check_interval": "5s",
}
# A forgotten session of a BI tool would keep old editions and changes of shape waiting for ever.
BI_LIMITS = {"statement_timeout": "30min", "idle_in_transaction_session_timeout": "1h"}
_admin = partial(connect, role=server.SUPERUSER, autocommit=True)


def _role(connection: Connection, name: str, *, login: bool) -> None:
    exists = connection.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone()
    if not exists:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    if login:
        password = server.secret(settings(), name)
        statement = sql.SQL("alter role {} login password {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))


def _roles(connection: Connection) -> None:
    connection.execute("select pg_advisory_lock(hashtext('customer_knowledge.roles'))")
    for name in (PIPELINE, BI, READER, SIMULATOR, AIRFLOW):
        _role(connection, name, login=True)
    _role(connection, MARTS_READER, login=False)
    # The pipeline hands views over to the reader role, so it may become it; it inherits nothing.
    connection.execute(
        sql.SQL("grant {} to {} with inherit false, set true").format(
            sql.Identifier(MARTS_READER), sql.Identifier(PIPELINE)
        )
    )
    for role, limits in ((PIPELINE, PIPELINE_LIMITS), (BI, BI_LIMITS)):
        for setting, value in limits.items():
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(
                    sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)
                )
            )
    # The administrators' databases are nobody else's to enter.
    connection.execute("revoke connect, temporary on database postgres, template1 from public")
    connection.execute("select pg_advisory_unlock(hashtext('customer_knowledge.roles'))")


def _database(name: str, owner: str) -> None:
    with _admin("postgres") as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(
                sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner))
            )
        connection.execute(sql.SQL("revoke connect, temporary on database {} from public").format(sql.Identifier(name)))
    with _admin(name) as connection:
        connection.execute("revoke all on schema public from public")
        connection.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(owner)))


def _grant_connect(database: str, role: str) -> None:
    with _admin("postgres") as connection:
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(sql.Identifier(database), sql.Identifier(role))
        )


def prepare_roles() -> None:
    """Make the roles that are not there; on an insurer's own server they are made by their administrators."""
    if settings().warehouse_dsn is None:
        with _admin("postgres") as connection:
            _roles(connection)


def prepare(profile: Profile) -> None:
    """Make an insurer's warehouse: database, schemas, ledger, model tables. Safe to repeat."""
    prepare_roles()
    if settings().warehouse_dsn is None:
        _database(profile.database, PIPELINE)
        _grant_connect(profile.database, BI)
        with _admin(profile.database) as connection:
            for path in sorted((SQL_DIR / "as_admin").glob("*.sql")):
                connection.execute(path.read_bytes())
    with connect(profile.database) as connection:
        for schema in SCHEMAS:
            connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        for path in sorted(SQL_DIR.glob("*.sql")):
            connection.execute(path.read_bytes())
        # Views of the reader role stand in marts; making one there needs the right, using it is BI's.
        connection.execute(f"grant usage, create on schema marts to {MARTS_READER}")
        connection.execute(f"grant usage on schema marts_store to {MARTS_READER}")
        connection.execute(f"grant select on marts_store.pointer to {MARTS_READER}")
        connection.execute(f"grant usage on schema marts to {BI}")
        connection.execute(f"grant execute on function marts.search_knowledge(text) to {BI}")


def prepare_sources(*databases: str) -> None:
    """Make the sample insurer's empty source databases, owned by the simulator, readable by the extractor."""
    prepare_roles()
    for name in databases or ("policy_admin", "crm"):
        _database(name, SIMULATOR)
        _grant_connect(name, READER)
        with connect(name, SIMULATOR) as connection:
            connection.execute(f"grant usage on schema public to {READER}")
            connection.execute(f"alter default privileges grant select on tables to {READER}")


def prepare_airflow(insurer: str) -> str:
    """Make the insurer's Airflow metadata database and give its name."""
    name = f"airflow_{insurer}"
    if settings().airflow_dsn is None:
        prepare_roles()
        _database(name, AIRFLOW)
    return name
