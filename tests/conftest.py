"""What every test can ask for: a real PostgreSQL of the session's own, and a fresh warehouse in it."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_knowledge.profile import Profile, load
from customer_knowledge.settings import Settings, settings
from customer_knowledge.warehouse import schemas, server
from customer_knowledge.warehouse.connections import connect

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def own_settings() -> Iterator[Settings]:
    """Settings of this session: a data folder of its own, never the user's."""
    with tempfile.TemporaryDirectory(prefix="ck_tests_", ignore_cleanup_errors=True) as folder:
        patch = pytest.MonkeyPatch()
        patch.setenv("CK_DATA_DIR", str(Path(folder).resolve()))
        # The server's unprivileged user must be able to pass through.
        Path(folder).chmod(0o755)
        settings.cache_clear()
        yield settings()
        server.stop(settings(), mode="immediate")
        patch.undo()
        settings.cache_clear()


@pytest.fixture(scope="session")
def postgres(own_settings: Settings) -> server.Server:
    """The session's embedded server, started."""
    return server.start(own_settings)


@pytest.fixture(scope="session")
def template(postgres: server.Server) -> Profile:
    """A prepared, empty warehouse that others are copied from."""
    profile = load("sample").model_copy(update={"insurer": "template"})
    schemas.prepare(profile)
    return profile


def clone(origin: Profile, of: Profile) -> Profile:
    """A profile like `of` whose warehouse is a copy of `origin`'s."""
    profile = of.model_copy(update={"insurer": f"{of.insurer}_t{next(_numbers)}"})
    with connect("postgres", server.SUPERUSER, autocommit=True) as admin:
        admin.execute(f'create database "{profile.database}" template "{origin.database}" owner ck_pipeline')
        # Privileges of a database are not copied with it.
        admin.execute(f'revoke connect, temporary on database "{profile.database}" from public')
        admin.execute(f'grant connect on database "{profile.database}" to bi')
    return profile


@pytest.fixture
def sample(template: Profile) -> Profile:
    """The sample insurer's profile with a fresh, empty warehouse."""
    return clone(template, load("sample"))


@pytest.fixture(scope="module")
def module_sample(template: Profile) -> Profile:
    """The same, one for all tests of a file."""
    return clone(template, load("sample"))


@pytest.fixture
def motor(template: Profile) -> Profile:
    """The motor portfolio's profile with a fresh, empty warehouse."""
    return clone(template, load("motor_portfolio"))
