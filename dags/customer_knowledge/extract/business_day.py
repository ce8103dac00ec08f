"""The business day a source stands at, where one tells it: its rows are that day's and go by no other date."""

from __future__ import annotations

from datetime import date

import psycopg

from customer_knowledge.errors import SourceError
from customer_knowledge.profile import Connector, Profile
from customer_knowledge.warehouse.connections import Connection, source


def today(profile: Profile, system: str | None = None, origin: Connection | None = None) -> date | None:
    """The business day of an insurer's sources; None where none of them tells it.

    Args:
        system: the system that `origin` is connected to; where it is the one that tells, it is asked there, in the
            snapshot that its tables are read in.
        origin: an open connection to that system.

    Raises:
        SourceError: the source that should tell its day does not.
    """
    teller = profile.day_teller
    if teller is None:
        return None
    if origin is not None and teller.system == system:
        return _ask(teller, origin)
    with source(teller.system) as other:
        return _ask(teller, other)


def elsewhere(
    profile: Profile, as_of_date: date, system: str | None = None, origin: Connection | None = None
) -> date | None:
    """The business day that the sources stand at where it is another than a date; None where they may be read as it."""
    stands_at = today(profile, system, origin)
    return None if stands_at == as_of_date else stands_at


def _ask(teller: Connector, origin: Connection) -> date:
    try:
        row = origin.execute(str(teller.business_day_sql).encode()).fetchone()
    except psycopg.Error as error:
        row, why = None, f" (SQLSTATE {error.sqlstate})"
    else:
        why = ""
    if row is None or type(row[0]) is not date:
        raise SourceError(
            f"{teller.system} does not tell its business day{why}",
            hint="`business_day_sql` in the profile asks for it; `ck simulate create` makes the sample insurer",
        )
    return row[0]


def refusal(connector: Connector, as_of_date: date, stands_at: date, landed: int) -> SourceError:
    """Why a source that stands at one day is not read under another date, and what to do.

    Args:
        landed: how many of its tables have a batch of that date that is not blocked.
    """
    tables = len(connector.tables)
    there = f"only {landed} of its {tables} tables have landed" if landed else "nothing of it has landed"
    if landed == tables:
        there = "it cannot be read again, and what has landed is all there is"
    hint = f"`ck run` without --date runs {stands_at}"
    if as_of_date > stands_at:
        hint += "; the later day can be run when the source has come to it"
    else:
        hint += "; a past date is built from what landed while it was the source's day (`ck edition list`)"
    return SourceError(
        f"{connector.system} stands at business day {stands_at} and is not read as {as_of_date}: {there} for that date",
        hint=hint,
    )


def too_late(connector: Connector, as_of_date: date, landed: date) -> SourceError:
    """Why a past date is not read again from a source that does not tell its day, and what to do."""
    return SourceError(
        f"{connector.system} has landed for {landed}: read again, {as_of_date} would hold rows of today",
        hint="a past date is built from what landed for it; rows that were wrong are mended by the next day's landing",
    )
