"""Which business date a command means when none is given."""

from __future__ import annotations

from datetime import date

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Profile


def business_date(profile: Profile) -> date:
    """The source's own business date, or the one an insurer with a fixed calendar has.

    Raises:
        ConfigurationError: the profile does not say how a source is asked for it.
        SourceError: the source tells none.
    """
    if profile.calendar == "fixed":
        return profile.first_as_of_date
    from customer_knowledge.extract import business_day

    today = business_day.today(profile)
    if today is None:
        hint = "give --date, or declare `business_day_sql` of a source in the profile"
        raise ConfigurationError(f"insurer {profile.insurer!r} does not say where its business date stands", hint=hint)
    return today
