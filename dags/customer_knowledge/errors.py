"""Errors that say what went wrong and what to do about it."""

from __future__ import annotations


class CustomerKnowledgeError(Exception):
    """Base of every error this project raises on purpose.

    Args:
        message: what happened, without personal data.
        hint: what the reader can do now.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class ConfigurationError(CustomerKnowledgeError):
    """A setting or an insurer's profile is missing or wrong."""


class ServerError(CustomerKnowledgeError):
    """The embedded PostgreSQL or Airflow could not be started or reached."""


class SourceError(CustomerKnowledgeError):
    """A source cannot be read as declared: schema drift, a bad file, a missing table."""


class GateClosed(CustomerKnowledgeError):
    """A gate did not let the data pass; the published edition stays in place."""


class PublishRefused(CustomerKnowledgeError):
    """An edition may not be published; nothing was changed."""


class ModelRefused(CustomerKnowledgeError):
    """A model or its artefact is not fit for use: too few rows, one class, altered bytes, a leak."""
