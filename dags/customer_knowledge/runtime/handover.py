"""What the warehouse hands to the CRM: the retention worklist as published, read as any reader of marts reads it."""

from __future__ import annotations

from datetime import date

from customer_knowledge.profile import Profile
from customer_knowledge.sample_insurer.retention import Offer
from customer_knowledge.warehouse.connections import BI, connect

_LINES = """
    select p.policy_number, w.is_holdout, w.value_grade, w.risk_band
    from marts.retention_worklist as w join marts.policy_360 as p using (policy_key)
    where w.as_of_date = %s order by w.rank
"""


def worklist(profile: Profile, day: date) -> list[Offer]:
    """The lines published for a day, holdout included; none where that day's edition is not the one shown.

    Raises:
        ServerError: the warehouse cannot be reached.
    """
    with connect(profile.database, BI) as connection:
        there = connection.execute("select to_regclass('marts.retention_worklist') is not null").fetchone()
        if there is None or not there[0]:
            return []
        return [Offer(*row) for row in connection.execute(_LINES, (day,)).fetchall()]
