"""What all commands share: the console, the choice of insurer, and how errors are shown."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings

# Wide enough for tables also where there is no terminal to ask.
console = Console(width=None if sys.stdout.isatty() else 150)
errors = Console(stderr=True, width=None if sys.stderr.isatty() else 120)

Insurer = Annotated[str | None, typer.Option("--insurer", "-i", help="the insurer; default: CK_INSURER, else sample")]


def run_profile(insurer: str | None) -> Profile:
    """The profile to work for, in force from here on."""
    from customer_knowledge.runtime.demo import use_insurer

    return use_insurer(insurer or settings().insurer)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show our own errors as a panel with what to do, and end with 1."""

    @functools.wraps(command)
    def inner(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except CustomerKnowledgeError as error:
            body = error.message + (f"\n\n[bold]→[/] {error.hint}" if error.hint else "")
            errors.print(Panel(body, title=type(error).__name__, border_style="red", highlight=False))
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            errors.print("interrupted; running it again goes on from here")
            raise typer.Exit(130) from None

    return inner
