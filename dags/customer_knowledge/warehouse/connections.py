"""Who connects where: libpq addresses and psycopg connections for each role."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from customer_knowledge.errors import ConfigurationError, ServerError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import Settings, settings
from customer_knowledge.warehouse import server

Connection = psycopg.Connection[tuple[Any, ...]]
PIPELINE, BI, READER, SIMULATOR, AIRFLOW = "ck_pipeline", "bi", "ck_source_reader", "ck_simulator", "airflow"
# Roles of the embedded server; no other has a password here, and none is to be made up for it.
ROLES = (PIPELINE, BI, READER, SIMULATOR, AIRFLOW, server.SUPERUSER)
SESSION_OPTIONS = "-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c extra_float_digits=1"


def dsn(at: Settings, database: str, role: str = PIPELINE) -> str:
    """The libpq address of a database for a role, password included.

    Raises:
        ConfigurationError: the embedded server has no such role.
        ServerError: neither an address is set nor the embedded server runs.
    """
    override = _override(at, database, role)
    if override is not None:
        return override
    if role not in ROLES:
        raise ConfigurationError(f"the embedded PostgreSQL has no role {role!r}", hint=f"it has: {', '.join(ROLES)}")
    running = server.status(at)
    if running is None:
        raise ServerError("the embedded PostgreSQL is not running", hint="start it with `ck up`")
    password = quote(server.secret(at, role), safe="")
    return f"postgresql://{role}:{password}@{running.host}:{running.port}/{database}"


def _override(at: Settings, database: str, role: str) -> str | None:
    if database in ("policy_admin", "crm") and role == READER:
        return at.policy_admin_dsn if database == "policy_admin" else at.crm_dsn
    if database.startswith("airflow"):
        return at.airflow_dsn
    if at.warehouse_dsn is None:
        return None
    parts = urlsplit(at.warehouse_dsn)
    host = parts.netloc.rpartition("@")[2]
    user = parts.netloc.rpartition("@")[0] if role == PIPELINE else role
    return urlunsplit((parts.scheme, f"{user}@{host}" if user else host, f"/{database}", parts.query, ""))


def connect(database: str, role: str = PIPELINE, *, autocommit: bool = False) -> Connection:
    """Open a connection that fails rather than hangs.

    Raises:
        ServerError: the server cannot be reached as that role.
    """
    try:
        return psycopg.connect(
            dsn(settings(), database, role),
            autocommit=autocommit,
            connect_timeout=10,
            keepalives=1,
            keepalives_idle=20,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=60_000,
            options=SESSION_OPTIONS,
            application_name="customer_knowledge",
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ServerError(
            f"cannot connect to database {database!r} as {role}: {reason}", hint="is it up? `ck status` tells"
        ) from None


def warehouse(profile: Profile, *, autocommit: bool = False) -> Connection:
    """Connect to an insurer's warehouse as the pipeline."""
    return connect(profile.database, PIPELINE, autocommit=autocommit)


def source(system: str) -> Connection:
    """Connect to a source system, to read and nothing else."""
    connection = connect(system, READER)
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection
