"""The embedded server: starts once, comes back after a crash, keeps its port, tells its faults."""

from __future__ import annotations

import os
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from customer_knowledge.errors import ServerError
from customer_knowledge.settings import Settings
from customer_knowledge.warehouse import server


@pytest.fixture(scope="module")
def place() -> Iterator[Settings]:
    """Settings of a second server, apart from the session's."""
    with tempfile.TemporaryDirectory(prefix="ck_server_", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        place = Settings(data_dir=Path(folder).resolve())
        yield place
        server.stop(place, mode="immediate")


def ask(place: Settings, running: server.Server, question: str) -> str:
    address = f"host={running.host} port={running.port} dbname=postgres user={server.SUPERUSER}"
    with psycopg.connect(address, password=server.secret(place, server.SUPERUSER)) as connection:
        row = connection.execute(question).fetchone()
    assert row
    return str(row[0])


def test_it_is_postgresql_18_with_checksums_and_scram_on_loopback_only(place: Settings) -> None:
    running = server.start(place)
    assert ask(place, running, "show server_version").startswith("18.")
    assert ask(place, running, "show data_checksums") == "on"
    assert ask(place, running, "show listen_addresses") == "127.0.0.1"
    assert ask(place, running, "show unix_socket_directories") == ""
    assert ask(place, running, "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'") == "0"
    assert ask(place, running, "select count(*) from pg_available_extensions where name = 'vector'") == "1"


def test_text_is_compared_by_code_point_and_known_to_unicode(place: Settings) -> None:
    running = server.start(place)
    assert ask(place, running, "select bool_and(datlocprovider = 'b') from pg_database") == "True"
    # By a language's rules small letters and capitals would stand beside each other, and é before z.
    assert ask(
        place, running, "select array_agg(w order by w) from unnest(array['中', '😀', 'é', 'z', 'B', 'a']) as w"
    ) == str(["B", "a", "z", "é", "中", "😀"])
    assert ask(place, running, "select upper('é') || (select '客户' ~ '^[[:alpha:]]+$')") == "Étrue"


@pytest.mark.parametrize(("memory", "buffers", "work"), [(1_024, 256, 32), (16_384, 1_024, 170), (262_144, 2_048, 192)])
def test_it_is_sized_by_the_memory_there_is(memory: int, buffers: int, work: int) -> None:
    said = server.configuration(memory)
    assert f"shared_buffers = {buffers}MB" in said
    assert f"work_mem = {work}MB" in said


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{512 * 2**20}\n")
    (tmp_path / "unlimited").write_text("max\n")
    limits = (tmp_path / "memory.max", tmp_path / "unlimited", tmp_path / "absent")
    assert server.memory_mb(limits) == 512
    assert server.memory_mb(limits[1:]) == server.memory_mb(())


def test_starting_again_finds_the_running_one(place: Settings) -> None:
    assert server.start(place) == server.start(place)


def test_it_comes_back_on_its_port_after_a_crash(place: Settings) -> None:
    running = server.start(place)
    pid_file = running.data_dir / "postmaster.pid"
    os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server.status(place) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pid_file.exists(), "a crash leaves its file behind"
    again = server.start(place)
    assert again.port == running.port
    assert ask(place, again, "select 1") == "1"


def test_a_pid_file_that_names_a_living_stranger_is_seen_through(place: Settings) -> None:
    running = server.start(place)
    pid_file = running.data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop(place)
    assert server.status(place) is None
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert server.status(place) is None
    assert server.start(place).port == running.port


def test_a_port_taken_meanwhile_is_left_to_its_taker(place: Settings) -> None:
    running = server.start(place)
    server.stop(place)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", running.port))
        other.listen()
        assert server.start(place).port != running.port


def test_stopping_twice_is_stopping_once(place: Settings) -> None:
    server.start(place)
    assert server.stop(place) is True
    assert server.stop(place) is False
    assert server.status(place) is None


def test_it_runs_as_an_unprivileged_user_and_keeps_its_files_to_itself(place: Settings) -> None:
    running = server.start(place)
    assert stat.S_IMODE(running.data_dir.stat().st_mode) == 0o700
    assert running.data_dir.stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server to another user")
def test_where_its_user_may_not_enter_it_stands_elsewhere_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o700)
    closed = Settings(data_dir=tmp_path / "closed")
    try:
        running = server.start(closed)
        assert not running.data_dir.is_relative_to(tmp_path)
        assert str(running.data_dir.parent) in caplog.text
        assert str(running.data_dir.parent) in (tmp_path / "closed" / "SERVER_IS_ELSEWHERE.txt").read_text()
    finally:
        server.stop(closed, mode="immediate")
    server.remove(closed)
    assert not running.data_dir.parent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the server to another user")
def test_an_unknown_user_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no user 'nobody_of_that_name'") as error:
        server.start(Settings(data_dir=tmp_path, server_user="nobody_of_that_name"))
    assert error.value.hint
