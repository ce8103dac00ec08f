"""Who may see what, by live logins."""

from __future__ import annotations

import stat

import psycopg
import pytest

from customer_knowledge.errors import ServerError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import schemas, server
from customer_knowledge.warehouse.connections import connect, dsn, warehouse
from customer_knowledge.warehouse.schemas import SCHEMAS
from tests.warehouse.test_publish import publish_day

ATTEMPTS = (
    "create table marts.mine (a int)",
    "create schema mine",
    "create temporary table mine (a int)",
    "copy (select 1) to program 'true'",
    "select pg_read_file('/etc/hostname')",
    "select lo_import('/etc/hostname')",
    "set role ck_pipeline",
    "set role ck_marts_reader",
    "delete from marts.alpha",
    "select * from pg_authid",
    "select lo_from_bytea(0, 'x')",
    "select pg_advisory_lock(hashtext('customer_knowledge.edition'))",
    "create function marts.mine() returns int language sql as 'select 1'",
    "alter view marts.alpha rename to mine",
    "drop view marts.alpha",
    "insert into marts_store.pointer values (1, 1)",
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_bi_may_not(sample: Profile, attempt: str) -> None:
    publish_day(sample)
    with connect(sample.database, "bi") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attempt)


def test_bi_sees_marts_and_nothing_else(sample: Profile) -> None:
    publish_day(sample)
    with warehouse(sample) as owner:
        relations = owner.execute(
            "select relnamespace::regnamespace::text, relname from pg_class"
            " where relkind in ('r', 'v', 'p', 'm') and relnamespace::regnamespace::text = any(%s)",
            (SCHEMAS,),
        ).fetchall()
    assert len(relations) > 15
    readable = set()
    with connect(sample.database, "bi", autocommit=True) as connection:
        for schema, name in relations:
            try:
                connection.execute(f'select * from "{schema}"."{name}" limit 1')
                readable.add((schema, name))
            except psycopg.errors.InsufficientPrivilege:
                pass
    assert readable == {("marts", "alpha"), ("marts", "beta")}


def test_bi_cannot_enter_other_databases(postgres: server.Server) -> None:
    schemas.prepare_sources()
    for database in ("policy_admin", "crm", "postgres", "template1"):
        with pytest.raises(ServerError, match="cannot connect"):
            connect(database, "bi")


def test_passwords_are_needed_and_kept_to_ourselves(sample: Profile) -> None:
    wrong = dsn(settings(), sample.database, "bi").replace(server.secret(settings(), "bi"), "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    files = list(settings().secrets_dir.iterdir())
    assert files
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


def test_no_role_is_mightier_than_it_needs(sample: Profile) -> None:
    with warehouse(sample) as connection:
        mighty = connection.execute(
            "select rolname from pg_roles where (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)"
            " and rolname not like 'pg\\_%%' and rolname <> %s",
            (server.SUPERUSER,),
        ).fetchall()
    assert mighty == []


def test_starting_twice_is_starting_once(postgres: server.Server) -> None:
    assert server.start(settings()) == postgres
    assert server.status(settings()) == postgres


def test_preparing_again_changes_nothing_and_gives_nothing_to_everybody(sample: Profile) -> None:
    schemas.prepare(sample)
    schemas.prepare(sample)
    with warehouse(sample) as connection:
        public = connection.execute(
            "select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) a"
            " where a.grantee = 0 and relnamespace::regnamespace::text = any(%s)"
            " union all select nspname from pg_namespace n, aclexplode(n.nspacl) a"
            " where a.grantee = 0 and nspname = any(%s)",
            (SCHEMAS, [*SCHEMAS, "public"]),
        ).fetchall()
        assert public == []
        limits = connection.execute("show lock_timeout").fetchone()
    assert limits == ("1min",)
