"""The embedded PostgreSQL 18: real server, a wheel's binaries, on 127.0.0.1 and a free port.

The wheel's own helper is not used: it opens no TCP port and ends with the process that called it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from customer_knowledge.errors import ServerError
from customer_knowledge.settings import Settings
from customer_knowledge.warehouse import places

SUPERUSER = "ck_admin"
# By code point, compared by PostgreSQL itself: half the time that the C library takes to sort the same keys.
LOCALE = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
CONFIGURATION = """
# Sized by this machine's memory; an insurer brings a server of their own.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = {shared_buffers}MB
effective_cache_size = {effective_cache_size}MB
work_mem = {work_mem}MB
# A process that reads for another takes the processor from it where there are two, and is woken for each piece.
io_method = sync
maintenance_work_mem = 256MB
# What is first touched after a checkpoint is written to the log as a whole page: a big day should see one checkpoint.
max_wal_size = 8GB
# Nobody follows this server: a table that is made whole need not be written twice. It is flushed before its commit.
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 15min
max_connections = 100
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
client_connection_check_interval = 5s
password_encryption = 'scram-sha-256'
# An error's DETAIL quotes the failing row, a statement may carry one: neither belongs in a log.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
"""


LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def configuration(memory: int) -> str:
    """What is added to a new cluster's postgresql.conf.

    Args:
        memory: of the machine, MB. Two builds side by side, each with a few sorts and hashes, take a fraction of it.
    """
    return CONFIGURATION.format(
        shared_buffers=min(2_048, max(256, memory // 16)),
        effective_cache_size=max(1_024, memory // 2),
        work_mem=min(192, max(32, memory // 96)),
    )


def memory_mb(limits: Sequence[Path] = LIMITS) -> int:
    """What the machine has, or a container's share of it where one of the files says so in bytes."""
    said = [limit.read_text(encoding="utf-8").strip() for limit in limits if limit.is_file()]
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([there, *(int(limit) for limit in said if limit.isdigit())]) // 2**20


@dataclass(frozen=True)
class Server:
    """Where the embedded server listens and where its programs are."""

    host: str
    port: int
    bin_dir: Path
    data_dir: Path


def secret(settings: Settings, name: str) -> str:
    """A role's password, made on first use and kept in a file that only we can read."""
    path = settings.secrets_dir / name
    if not path.exists():
        settings.secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8").strip()


def _run(settings: Settings, command: list[str], *, quiet: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as the server's user; its output goes nowhere a daemon could hold open."""
    identity = places.identity(settings)
    who = {} if identity is None else {"user": identity[0], "group": identity[1], "extra_groups": []}
    out = subprocess.DEVNULL if quiet else subprocess.PIPE
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=out, text=True, check=False, **who
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As PostgreSQL does: connections that ended a moment ago do not make the port anybody's.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _initialise(settings: Settings, home: Path, programs: Path) -> None:
    identity = places.identity(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    password = home / ".password"
    password.unlink(missing_ok=True)
    with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret(settings, SUPERUSER))
    if identity:
        os.chown(home, *identity)
        os.chown(password, *identity)
    command = [str(programs / "initdb"), "-k", "--auth=scram-sha-256", "--pwfile", str(password)]
    # Made under another name, so that a cut-short initdb is never taken for a cluster.
    unfinished = home / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command += ["-U", SUPERUSER, "-E", "UTF8", *LOCALE, "-D", str(unfinished)]
    done = _run(settings, command, quiet=False)
    password.unlink()
    if done.returncode:
        raise ServerError(f"initdb failed: {done.stderr.strip()[-400:]}", hint="is the disk full?")
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(configuration(memory_mb()))
    unfinished.rename(home / "cluster")


def _answers(port: int) -> bool:
    """Whether a PostgreSQL speaks at a port: it answers an SSLRequest with one letter."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(struct.pack("!ii", 8, 80877103))
        return connection.recv(1) in (b"S", b"N")


def _postmaster(cluster: Path) -> tuple[int, int] | None:
    """Process id and port of the server that says it runs on a cluster and answers; else None.

    A `postmaster.pid` left behind by a crash may name a process that is gone, or by now another's; only one
    whose port answers counts as running. PostgreSQL itself clears a stale file when it starts.
    """
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
        os.kill(pid, 0)
        if not _answers(port):
            return None
    except PermissionError as error:
        raise ServerError(
            f"the cluster in {cluster} belongs to another user", hint="run as that user, or set CK_DATA_DIR"
        ) from error
    except (OSError, IndexError, ValueError):
        return None
    return pid, port


def status(settings: Settings) -> Server | None:
    """The running embedded server, or None.

    Raises:
        ServerError: the cluster belongs to another user.
    """
    home = places.home(settings)
    running = _postmaster(home / "cluster")
    if running is None:
        return None
    return Server("127.0.0.1", running[1], places.programs(settings, home), home / "cluster")


def _is_used(cluster: Path) -> bool:
    """Whether a process still stands in a cluster's folder, as every PostgreSQL process does (Linux)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == cluster:
                return True
        except OSError:
            continue  # ended, or somebody else's
    return False


def _clear_stale(cluster: Path) -> None:
    """Remove a crashed server's `postmaster.pid` once its last process is gone.

    PostgreSQL does so by itself unless the process id has been given to another process of the same user,
    or waits for its parent to notice; then it would refuse to start for ever.
    """
    deadline = time.monotonic() + 10
    while Path("/proc/self").exists() and (cluster / "postmaster.pid").exists():
        if not _is_used(cluster):
            (cluster / "postmaster.pid").unlink()
        elif time.monotonic() > deadline:
            return  # PostgreSQL says what is wrong
        else:
            time.sleep(0.1)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Let one process at a time start or stop the server of a data folder."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "server.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(settings: Settings) -> Server:
    """Start the embedded server, making its cluster first if need be; a running one is left alone.

    Raises:
        ServerError: it cannot be made or started; the message carries the end of its log.
    """
    with _alone(settings):
        return status(settings) or _start(settings)


def _start(settings: Settings) -> Server:
    home = places.home(settings)
    programs = places.programs(settings, home)
    if not (home / "cluster" / "PG_VERSION").exists():
        _initialise(settings, home, programs)
    _clear_stale(home / "cluster")
    port_file, log = home / "port", home / "server.log"
    port = int(port_file.read_text()) if port_file.exists() else _free_port()
    if not _port_is_free(port):
        port = _free_port()
    port_file.write_text(str(port), encoding="utf-8")
    command = [str(programs / "pg_ctl"), "-D", str(home / "cluster"), "-l", str(log), "-w", "-t", "300"]
    if _run(settings, [*command, "-o", f"-h 127.0.0.1 -p {port}", "start"]).returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-800:] if log.exists() else "no log"
        raise ServerError(f"PostgreSQL did not start:\n{tail}", hint="it may still be recovering: `ck up` again")
    return Server("127.0.0.1", port, programs, home / "cluster")


def stop(settings: Settings, *, mode: str = "fast") -> bool:
    """Stop the embedded server; False when none was running.

    Raises:
        ServerError: it did not stop.
    """
    with _alone(settings):
        running = status(settings)
        if running is None:
            return False
        command = [str(running.bin_dir / "pg_ctl"), "-D", str(running.data_dir), "-m", mode, "-w", "stop"]
        if _run(settings, command).returncode:
            raise ServerError("PostgreSQL did not stop in a minute", hint="close what is connected to it")
        return True


def remove(settings: Settings) -> None:
    """Stop the embedded server and remove its cluster, wherever it stands; passwords stay."""
    stop(settings, mode="immediate")
    shutil.rmtree(places.home(settings), ignore_errors=True)
    (settings.data_dir / "SERVER_IS_ELSEWHERE.txt").unlink(missing_ok=True)
