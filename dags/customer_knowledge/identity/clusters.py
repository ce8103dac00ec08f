"""Links become clusters, the surest first, and never across a contradiction: those go to a person to decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from customer_knowledge.identity.exact import Link

MANUAL = "manual"
Reason = Literal[
    "below_threshold",
    "ambiguous",
    "different_numbers",
    "same_number_other_name",
    "decided_apart",
    "decisions_contradict",
]


class Doubt(NamedTuple):
    """A pair that was not joined though something speaks for it, and why."""

    link: Link
    reason: Reason


@dataclass(frozen=True)
class Thresholds:
    """From `match` on a pair is joined, from `review` on it is shown to a person; `margin` in bits of evidence."""

    match: float
    review: float
    margin: float


@dataclass
class Clusters:
    """Parties by position, in sets that grow; each set knows its numbers and whom it must not meet."""

    numbers: Sequence[str | None]
    apart: Iterable[tuple[int, int]] = ()
    parent: list[int] = field(default_factory=list)
    rule: dict[int, tuple[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parent = list(range(len(self.numbers)))
        self._numbers: dict[int, set[str]] = {i: {n} for i, n in enumerate(self.numbers) if n is not None}
        self._enemies: dict[int, set[int]] = defaultdict(set)
        for a, b in self.apart:
            self._enemies[a].add(b)
            self._enemies[b].add(a)

    def root(self, party: int) -> int:
        """The party that stands for a party's set."""
        parent = self.parent
        while parent[party] != party:
            parent[party] = parent[parent[party]]
            party = parent[party]
        return party

    def obstacle(self, left: int, right: int, *, decided: bool = False) -> Reason | None:
        """Why two sets may not become one; decisions look at other decisions only."""
        a, b = self.root(left), self.root(right)
        small, large = (a, b) if len(self._enemies.get(a, ())) <= len(self._enemies.get(b, ())) else (b, a)
        if any(self.root(enemy) == large for enemy in self._enemies.get(small, ())):
            return "decisions_contradict" if decided else "decided_apart"
        mine, theirs = self._numbers.get(a), self._numbers.get(b)
        if not decided and mine and theirs and mine.isdisjoint(theirs):
            return "different_numbers"
        return None

    def join(self, link: Link, *, decided: bool = False) -> Reason | None:
        """Join two parties' sets; gives what stands in the way instead of joining."""
        a, b = self.root(link.left), self.root(link.right)
        if a == b:
            return None
        reason = self.obstacle(a, b, decided=decided)
        if reason is None:
            a, b = min(a, b), max(a, b)
            self.parent[b] = a
            if b in self._numbers:
                self._numbers[a] = self._numbers.get(a, set()) | self._numbers.pop(b)
            if b in self._enemies:
                self._enemies[a] |= self._enemies.pop(b)
            for party in (link.left, link.right):
                self.rule.setdefault(party, (link.rule, link.probability))
        return reason

    def number_of(self, party: int) -> frozenset[str]:
        """The numbers of a party's set."""
        return frozenset(self._numbers.get(self.root(party), ()))


def decide(clusters: Clusters, together: Iterable[tuple[int, int]]) -> list[Doubt]:
    """Join what a person decided is one, the newest decision first."""
    doubts = []
    for left, right in together:
        link = Link(left, right, MANUAL, 1.0)
        reason = clusters.join(link, decided=True)
        if reason:
            doubts.append(Doubt(link, reason))
    return doubts


def join_exact(clusters: Clusters, links: Iterable[Link]) -> list[Doubt]:
    """Join what exact rules say is one, unless numbers or decisions forbid it."""
    found = ((link, clusters.join(link)) for link in links)
    return [Doubt(link, reason) for link, reason in found if reason]


def join_scored(clusters: Clusters, links: Sequence[Link], thresholds: Thresholds) -> list[Doubt]:
    """Join scored pairs, the likeliest first; the unlikely, contradicted and ambiguous are doubts.

    A pair is ambiguous when one of the two has another candidate, nearly as good, who is certainly somebody else.
    """
    doubts = []
    unclear = _ambiguous(clusters, links, thresholds)
    for link in links:
        if link.probability < thresholds.match:
            reason: Reason | None = "below_threshold" if link.probability >= thresholds.review else None
        elif (link.left, link.right) in unclear:
            reason = "ambiguous"
        else:
            reason = clusters.join(link)
        if reason:
            doubts.append(Doubt(link, reason))
    return doubts


def still_apart(clusters: Clusters, doubts: Iterable[Doubt]) -> list[Doubt]:
    """Doubts that remain when all is joined.

    What was joined after all, by way of a third party, needs no eyes, nor does an unlikely pair whose customers turned
    out to have different numbers. What a decision keeps apart is told as such.
    """
    remaining = []
    for link, reason in doubts:
        if clusters.root(link.left) == clusters.root(link.right):
            continue
        obstacle = clusters.obstacle(link.left, link.right)
        if obstacle == "different_numbers" and reason == "below_threshold":
            continue
        kept_apart = obstacle == "decided_apart" and reason != "decisions_contradict"
        remaining.append(Doubt(link, "decided_apart" if kept_apart else reason))
    return remaining


def _ambiguous(clusters: Clusters, links: Sequence[Link], thresholds: Thresholds) -> set[tuple[int, int]]:
    """Pairs whose party without a number is claimed, with about equal right, by two different numbers."""
    offers: dict[int, list[tuple[float, frozenset[str], Link]]] = defaultdict(list)
    for link in links:
        if link.probability >= thresholds.match:
            for party, other in ((link.left, link.right), (link.right, link.left)):
                if not clusters.number_of(party) and clusters.number_of(other):
                    offers[party].append((link.weight, clusters.number_of(other), link))
    unclear = set()
    for claims in offers.values():
        best = max(weight for weight, _, _ in claims)
        near = [(number, link) for weight, number, link in claims if weight > best - thresholds.margin]
        if len({number for number, _ in near}) > 1:
            unclear |= {(link.left, link.right) for _, link in near}
    return unclear
