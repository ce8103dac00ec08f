"""Delivering a file takes care of other people's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import load
from customer_knowledge.runtime import demo
from customer_knowledge.settings import settings

MOTOR = load("motor_portfolio")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to deliver; the data folder is beside it."""
    monkeypatch.setenv("CK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CK_INSURER", "motor_portfolio")
    settings.cache_clear()
    path = tmp_path / "portfolio.csv"
    path.write_text("a;b\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def settings_as_before() -> Iterator[None]:
    """Forget this test's settings."""
    yield
    settings.cache_clear()


def deliver(data: Path | None) -> None:
    demo._take_delivery(MOTOR, data, Console(quiet=True))


def names() -> list[str]:
    return sorted(path.name for path in settings().drops_dir.iterdir())


def test_a_file_takes_the_place_of_the_one_before(data: Path) -> None:
    deliver(data)
    newer = data.with_name("newer.csv")
    newer.write_text("c;d\n", encoding="utf-8")
    deliver(newer)
    assert names() == ["newer.csv"]
    assert data.exists()
    deliver(None)
    assert names() == ["newer.csv"]


def test_the_file_in_the_drop_folder_itself_stays(data: Path) -> None:
    deliver(data)
    deliver(settings().drops_dir / "portfolio.csv")
    assert names() == ["portfolio.csv"]


def test_a_drop_folder_of_the_users_own_is_not_touched(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CK_DROP_DIR", str(data.parent / "theirs"))
    settings.cache_clear()
    settings().drops_dir.mkdir()
    (settings().drops_dir / "important.csv").touch()
    with pytest.raises(ConfigurationError, match="yours"):
        deliver(data)
    assert names() == ["important.csv"]


@pytest.mark.parametrize("missing", [None, Path("/nowhere/portfolio.csv")])
def test_nothing_to_deliver_is_said(data: Path, missing: Path | None) -> None:
    with pytest.raises(ConfigurationError):
        deliver(missing)
