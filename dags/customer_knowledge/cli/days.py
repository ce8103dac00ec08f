"""Which business date a command means when none is given."""

from __future__ import annotations

from datetime import date

from customer_knowledge.errors import ConfigurationError
from customer_knowledge.profile import Profile


def business_date(profile: Profile) -> date:
    """The source's own business date, or the one an insurer with a fixed calendar has.

    Raises:
        ConfigurationError: the source has none yet.
    """
    if profile.calendar == "fixed":
        return profile.first_as_of_date
    from customer_knowledge.sample_insurer.advance import current_day

    today = current_day()
    if today is None:
        raise ConfigurationError("the sample insurer is not there yet", hint="`ck simulate create` or `make demo`")
    return today
