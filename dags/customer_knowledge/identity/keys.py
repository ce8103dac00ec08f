"""Keys of customers, which stay: a cluster keeps the key it had, and what merges or splits is written down."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple


class Change(NamedTuple):
    """A customer that became part of another, came out of one, or took over some of another's parties."""

    change: Literal["merged_into", "split_from", "took_from"]
    customer_key: str
    other_customer_key: str


class Party(NamedTuple):
    """What decides about keys: the party's own, and its place among those known first."""

    party_key: str
    known_on: str
    source_system: str
    party_id: str

    @property
    def age(self) -> tuple[str, str, str]:
        """Sorts the party known first to the front."""
        return self.known_on, self.source_system, self.party_id


def assign(
    clusters: Sequence[Sequence[Party]], before: Mapping[str, str], elsewhere: Collection[str] = ()
) -> tuple[dict[str, str], list[Change]]:
    """Keys of clusters, and what changed since the edition before.

    A new cluster takes the key of the party known first. An old key goes with most of its parties (ties: with the one
    known first); where several old keys meet, the one that goes back furthest survives and the others merge into it.

    Args:
        clusters: parties of each cluster.
        before: customer key by party key, as published last.
        elsewhere: keys that clusters go by which are not given, and which nothing here can take over.

    Returns:
        Customer key by party key; changes, sorted.
    """
    ordered = sorted((sorted(c, key=lambda p: p.age) for c in clusters), key=lambda c: (c[0].age, c[0].party_key))
    inherited, changes = _inherited(ordered, before)
    taken = {*inherited.values(), *elsewhere}
    merged = {(change.other_customer_key, change.customer_key) for change in changes}
    keys: dict[str, str] = {}
    for place, cluster in enumerate(ordered):
        olds = {before[p.party_key] for p in cluster if p.party_key in before}
        key = inherited.get(place)
        if key is not None:
            changes += [Change("took_from", key, old) for old in olds if old != key and (key, old) not in merged]
        else:
            key = _fresh(cluster[0].party_key, taken)
            taken.add(key)
            changes += [Change("split_from", key, old) for old in olds if old != key]
        for party in cluster:
            keys[party.party_key] = key
    return keys, sorted(changes)


def _inherited(clusters: Sequence[Sequence[Party]], before: Mapping[str, str]) -> tuple[dict[int, str], list[Change]]:
    """Old keys by place of the cluster that goes on with them."""
    votes: dict[str, Counter[int]] = defaultdict(Counter)
    oldest: dict[str, tuple[str, str, str]] = {}
    for place, cluster in enumerate(clusters):
        for party in cluster:
            old = before.get(party.party_key)
            if old is not None:
                votes[old][place] += 1
                oldest[old] = min(oldest.get(old, party.age), party.age)
    claims: dict[int, list[str]] = defaultdict(list)
    for old, count in votes.items():
        # Clusters stand in order of age, so the smaller place wins a tie.
        claims[max(count, key=lambda place: (count[place], -place))].append(old)
    inherited, changes = {}, []
    for place, olds in claims.items():
        survivor = min(olds, key=lambda old: (oldest[old], old))
        inherited[place] = survivor
        changes += [Change("merged_into", old, survivor) for old in olds if old != survivor]
    return inherited, changes


def _fresh(party_key: str, taken: set[str]) -> str:
    """The party's own key or, where another cluster went on with that, one made from it."""
    key, number = party_key, 0
    while key in taken:
        number += 1
        key = hashlib.md5(f"customer|{party_key}|{number}".encode(), usedforsecurity=False).hexdigest()
    return key
