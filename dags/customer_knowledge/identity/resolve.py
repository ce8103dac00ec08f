"""From parties to customers, in memory: what the warehouse gives in, what it gets back."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from customer_knowledge.identity import clusters as clustering
from customer_knowledge.identity import exact, keys, linkage
from customer_knowledge.identity.cleaning import BLOCKS, clean, uncrowded
from customer_knowledge.identity.clusters import Clusters, Doubt, Thresholds
from customer_knowledge.identity.exact import Link
from customer_knowledge.identity.hashing import hashed, signed
from customer_knowledge.identity.linkage import Parameters

log = logging.getLogger(__name__)
ALONE = "stand_alone"
KEYS = (*exact.SHARED, *BLOCKS)


@dataclass(frozen=True)
class Decisions:
    """What people decided, newest first, as pairs of party keys."""

    together: Sequence[tuple[str, str]] = ()
    apart: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Resolution:
    """Who is who.

    Attributes:
        parties: one row a party: party_key, customer_key, identity_rule, probability.
        pairs: one row a pair: party_key_a, party_key_b, rule, probability, match_weight, is_joined.
        review: pairs not joined that a person should see: party_key_a, party_key_b, rule, probability, reason.
        changes: customers merged into others or split from them since the edition before.
        found_by: one row a party, what finds it when others change: party_key, is_open, component (a number that all
            parties have in common whom any link connects, joined or not), strayed_key (its customer's key where that is
            no longer the key of one of the customer's parties) and the numbers of `KEYS`.
        parameters: what the pairs were scored by.
    """

    parties: pd.DataFrame
    pairs: pd.DataFrame
    review: pd.DataFrame
    changes: list[keys.Change]
    found_by: pd.DataFrame = field(default_factory=pd.DataFrame)
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Grouped:
    """Cleaned parties, joined as far as decisions and exact rules go.

    Attributes:
        table: with `exact_group`, `is_open` and `is_anew`.
        sets: the groups, to be joined further.
        found: links of exact rules, joined or not.
        doubts: what was not joined.
        links: all that says anything of two parties, decisions included.
    """

    table: pd.DataFrame
    sets: Clusters
    found: list[Link]
    doubts: list[Doubt]
    links: list[tuple[int, int]]


def resolve(
    parties: pd.DataFrame,
    thresholds: Thresholds,
    decisions: Decisions,
    before: Mapping[str, str],
    parameters: Parameters | None = None,
) -> Resolution:
    """Resolve all parties into customers; the same input gives the same output.

    Args:
        parties: one row a party, columns of `cleaning.READ`.
        thresholds: from which probability on pairs are joined or shown to a person.
        decisions: what people decided; it wins over everything.
        before: customer key by party key, as published last.
        parameters: what was learnt before; what is lacking in it these parties teach.
    """
    group = grouped(parties, decisions)
    table = uncrowded(group.table)
    learnt = linkage.learn(table, parameters or {})
    scored = linkage.score(table, least(thresholds), learnt)
    del table
    return settled(group, scored, thresholds, before, parameters=learnt)


def least(thresholds: Thresholds) -> float:
    """Pairs below this probability are forgotten."""
    return thresholds.review / 2


def grouped(parties: pd.DataFrame, decisions: Decisions) -> Grouped:
    """Clean parties and join what decisions and exact rules say is one."""
    table = clean(parties)
    place = {key: i for i, key in enumerate(table["party_key"])}
    sets = Clusters(table["number"].tolist(), _placed(decisions.apart, place))
    together = _placed(decisions.together, place)
    doubts = clustering.decide(sets, together)
    found, odd = exact.links(table)
    doubts += clustering.join_exact(sets, found)
    doubts += [Doubt(link, "same_number_other_name") for link in odd]
    group = pd.Series([sets.root(i) for i in range(len(table))], index=table.index)
    table["exact_group"] = group
    # A party whose cluster has a valid number is decided; only the rest, against everybody, is worth scoring.
    table["is_open"] = ~table["number"].notna().groupby(group).transform("any")
    table["is_anew"] = True
    table = table.assign(**exact.shared(table))
    return Grouped(table, sets, found, doubts, [*together, *((x.left, x.right) for x in [*found, *odd])])


def settled(
    group: Grouped,
    scored: Sequence[Link],
    thresholds: Thresholds,
    before: Mapping[str, str],
    *,
    taken: Collection[str] = (),
    parameters: Parameters | None = None,
) -> Resolution:
    """Follow scored pairs, in the order given, and say who is who.

    Args:
        group: parties joined by exact rules; whoever is linked to one of them is among them.
        scored: pairs of them.
        thresholds: from which probability on pairs are joined or shown to a person.
        before: customer key by party key, as published last.
        taken: keys that customers go by of whom no party is here.
        parameters: what the pairs were scored by.
    """
    sets = group.sets
    # Of two parties that an exact rule names a score says nothing more, joined or not.
    named = {(link.left, link.right) for link in group.found}
    scored = [link for link in scored if (link.left, link.right) not in named]
    doubts = clustering.join_scored(sets, scored, thresholds)
    doubts = clustering.still_apart(sets, [*group.doubts, *doubts])
    log.info(
        "%s parties, %s exact links, %s scored pairs, %s doubts",
        *(len(group.table), len(group.found), len(scored), len(doubts)),
    )
    customer, changes = keys.assign(_members(group), before, taken)
    connected = [*group.links, *((link.left, link.right) for link in scored)]
    parties = _parties(group, customer)
    return Resolution(
        parties,
        _pairs(group, [*group.found, *scored]),
        _review(group, doubts),
        changes,
        _found_by(group.table, parties["customer_key"], connected),
        parameters or {},
    )


def placed(table: pd.DataFrame, pairs: pd.DataFrame) -> list[Link]:
    """Pairs by key, scored before (party_key_a, party_key_b, probability, match_weight), as links of these parties."""
    place = pd.Series(table.index, index=table["party_key"])
    left, right = (place.loc[pairs[name]].tolist() for name in ("party_key_a", "party_key_b"))
    values = zip(left, right, pairs["probability"].tolist(), pairs["match_weight"].tolist(), strict=True)
    return [Link(a, b, linkage.RULE, probability, weight) for a, b, probability, weight in values]


def _placed(pairs: Sequence[tuple[str, str]], place: Mapping[str, int]) -> list[tuple[int, int]]:
    return [(place[a], place[b]) for a, b in pairs if a in place and b in place]


def _members(group: Grouped) -> list[list[keys.Party]]:
    members: dict[int, list[keys.Party]] = defaultdict(list)
    order = ("party_key", "known_on", "source_system", "party_id")
    for i, row in enumerate(zip(*(group.table[name] for name in order), strict=True)):
        members[group.sets.root(i)].append(keys.Party(*row))
    return list(members.values())


def _parties(group: Grouped, customer: Mapping[str, str]) -> pd.DataFrame:
    table = group.table
    rules = [
        _rule(group.sets, i, kind, number)
        for i, (kind, number) in enumerate(zip(table["kind"], table["number"], strict=True))
    ]
    party_key = table["party_key"].tolist()
    return pd.DataFrame(
        {
            "party_key": party_key,
            "customer_key": [customer[key] for key in party_key],
            "identity_rule": [rule for rule, _ in rules],
            "probability": [probability for _, probability in rules],
        }
    )


def _pairs(group: Grouped, links: Sequence[Link]) -> pd.DataFrame:
    party_key, root = group.table["party_key"].tolist(), group.sets.root
    pairs = [(*_pair(party_key, x), x.rule, x.probability, x.weight, root(x.left) == root(x.right)) for x in links]
    return _once(pairs, ["party_key_a", "party_key_b", "rule", "probability", "match_weight", "is_joined"])


def _review(group: Grouped, doubts: Sequence[Doubt]) -> pd.DataFrame:
    party_key = group.table["party_key"].tolist()
    review = [(*_pair(party_key, d.link), d.link.rule, d.link.probability, d.reason) for d in doubts]
    return _once(review, ["party_key_a", "party_key_b", "rule", "probability", "reason"])


def _found_by(table: pd.DataFrame, customer: pd.Series[Any], connected: Sequence[tuple[int, int]]) -> pd.DataFrame:
    """What finds each party when others change."""
    sets = Clusters([None] * len(table))
    for left, right in connected:
        sets.join(Link(left, right, "", 0.0))
    first = [sets.root(i) for i in range(len(table))]
    found = table[["party_key", "is_open", *KEYS]].assign(component=signed(hashed(table["party_key"]))[first])
    at_home = dict(zip(table["party_key"], customer, strict=True))
    strayed = [key if at_home.get(key) != key else None for key in customer]
    return found.assign(strayed_key=pd.Series(strayed, index=table.index, dtype=object))


def _rule(sets: Clusters, party: int, kind: str, number: str | None) -> tuple[str, float]:
    """By what a party is known: its own number before anything else, else the rule that joined it."""
    joined = sets.rule.get(party)
    if joined and joined[0] == clustering.MANUAL:
        return joined
    if number is not None:
        return ("credit_code" if kind == "enterprise" else "id_number"), 1.0
    return joined or (ALONE, 1.0)


def _pair(party_key: Sequence[str], link: Link) -> tuple[str, str]:
    a, b = party_key[link.left], party_key[link.right]
    return (a, b) if a < b else (b, a)


def _once(rows: Sequence[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    """One row a pair: the first said, which is the strongest."""
    frame = pd.DataFrame(rows, columns=columns)
    return frame.drop_duplicates(["party_key_a", "party_key_b"]).sort_values(columns[:2], ignore_index=True)
