"""From parties to customers, in memory: what the warehouse gives in, what it gets back."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from customer_knowledge.identity import clusters as clustering
from customer_knowledge.identity import exact, keys, linkage
from customer_knowledge.identity.cleaning import clean
from customer_knowledge.identity.clusters import Clusters, Doubt, Thresholds
from customer_knowledge.identity.exact import Link

log = logging.getLogger(__name__)
ALONE = "stand_alone"


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
    """

    parties: pd.DataFrame
    pairs: pd.DataFrame
    review: pd.DataFrame
    changes: list[keys.Change]


def resolve(
    parties: pd.DataFrame, thresholds: Thresholds, decisions: Decisions, before: Mapping[str, str]
) -> Resolution:
    """Resolve parties into customers; the same input gives the same output.

    Args:
        parties: one row a party, columns of `cleaning.READ`.
        thresholds: from which probability on pairs are joined or shown to a person.
        decisions: what people decided; it wins over everything.
        before: customer key by party key, as published last.
    """
    table = clean(parties)
    place = {key: i for i, key in enumerate(table["party_key"])}
    sets = Clusters(table["number"].tolist(), _placed(decisions.apart, place))
    doubts = clustering.decide(sets, _placed(decisions.together, place))
    found, odd = exact.links(table)
    doubts += clustering.join_exact(sets, found)
    doubts += [Doubt(link, "same_number_other_name") for link in odd]
    group = pd.Series([sets.root(i) for i in range(len(table))], index=table.index)
    table["exact_group"] = group
    # A party whose cluster has a valid number is decided; only the rest, against everybody, is worth scoring.
    table["is_open"] = ~table["number"].notna().groupby(group).transform("any")
    scored = list(linkage.score(table, thresholds.review / 2))
    doubts = clustering.still_apart(sets, [*doubts, *clustering.join_scored(sets, scored, thresholds)])
    log.info("%s parties, %s exact links, %s scored pairs, %s doubts", len(table), len(found), len(scored), len(doubts))
    return _result(table, sets, [*found, *scored], doubts, before)


def _placed(pairs: Sequence[tuple[str, str]], place: Mapping[str, int]) -> list[tuple[int, int]]:
    return [(place[a], place[b]) for a, b in pairs if a in place and b in place]


def _result(
    table: pd.DataFrame, sets: Clusters, links: Sequence[Link], doubts: Sequence[Doubt], before: Mapping[str, str]
) -> Resolution:
    party_key = table["party_key"].tolist()
    members: dict[int, list[keys.Party]] = defaultdict(list)
    order = ("party_key", "known_on", "source_system", "party_id")
    for i, row in enumerate(zip(*(table[name] for name in order), strict=True)):
        members[sets.root(i)].append(keys.Party(*row))
    customer, changes = keys.assign(list(members.values()), before)
    rules = [
        _rule(sets, i, kind, number)
        for i, (kind, number) in enumerate(zip(table["kind"], table["number"], strict=True))
    ]
    parties = pd.DataFrame(
        {
            "party_key": party_key,
            "customer_key": [customer[key] for key in party_key],
            "identity_rule": [rule for rule, _ in rules],
            "probability": [probability for _, probability in rules],
        }
    )
    pairs = [
        (*_pair(party_key, x), x.rule, x.probability, x.weight, sets.root(x.left) == sets.root(x.right)) for x in links
    ]
    review = [(*_pair(party_key, d.link), d.link.rule, d.link.probability, d.reason) for d in doubts]
    return Resolution(
        parties,
        _once(pairs, ["party_key_a", "party_key_b", "rule", "probability", "match_weight", "is_joined"]),
        _once(review, ["party_key_a", "party_key_b", "rule", "probability", "reason"]),
        changes,
    )


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
