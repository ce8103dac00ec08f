"""A suite: the rules of a gate and the assets they are asked of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from customer_knowledge.profile import Profile
from expectations.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A named query whose rows are judged.

    Attributes:
        name: as rules name it.
        query: a select; its first columns are free, those of `key` must be among them.
        key: columns that name a row; stored as a hash where they fail.
        minimum_rows: with fewer rows the gate closes, so that nothing passes on nothing.
        may_be_empty: no row at all is fine (nothing changed; an insurer without such data).
        system: the source system, where rows are landing versions (and carry `_version_id`); failing keys
            are then stored as the warehouse's own key: md5 of (system | id). Elsewhere keys are such hashes.
        public_key: the key names a table or a measure, not a person, and may be spoken of in messages.
    """

    name: str
    query: sql.Composable
    key: tuple[str, ...]
    minimum_rows: int = 1
    may_be_empty: bool = False
    system: str | None = None
    public_key: bool = False


@dataclass(frozen=True)
class Moment:
    """What a gate is held over: an insurer, an edition, a date."""

    profile: Profile
    edition_id: int
    as_of_date: date


@dataclass(frozen=True)
class Suite:
    """A gate's rules; `assets` is given where the assets do not follow from the insurer's profile."""

    gate: str
    rules: tuple[Rule, ...]
    assets: Callable[[Moment], tuple[Asset, ...]] | None = None

    def rules_of(self, asset: str) -> tuple[Rule, ...]:
        """The rules asked of an asset."""
        return tuple(rule for rule in self.rules if rule.asset == asset)
