"""`ck docs`: pages that are made from the code, so that they cannot say anything else."""

from __future__ import annotations

from typing import Annotated

import typer

from customer_knowledge.cli.common import console, guarded
from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.settings import settings

app = typer.Typer(help="Pages made from the code.", no_args_is_help=True)


class PageOutOfDate(CustomerKnowledgeError):
    """A made page says something else than what it is made from."""


@app.callback()
def group() -> None:
    """Pages made from the code."""


@app.command()
@guarded
def measures(
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; end with 1 if the page is out of date")
    ] = False,
) -> None:
    """Write docs/measures.md from the metrics of the semantic layer.

    Example: ck docs measures --check
    """
    from customer_knowledge.warehouse import measures as made

    path = settings().project_dir / made.PAGE
    text = made.page(made.manifest(settings().dbt_dir))
    if path.exists() and path.read_text(encoding="utf-8") == text:
        console.print(f"{made.PAGE} is up to date")
    elif check:
        raise PageOutOfDate(f"{made.PAGE} is out of date", hint="run `ck docs measures` and commit what it writes")
    else:
        path.write_text(text, encoding="utf-8")
        console.print(f"wrote {made.PAGE}")
