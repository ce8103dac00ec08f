"""The command line `ck`: what an operator, an analyst and a newcomer need from a shell."""

from __future__ import annotations

from customer_knowledge.cli.main import app

__all__ = ["app"]
