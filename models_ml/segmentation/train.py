"""Segmentation: latent classes of habits, clusters by amounts where habits are not known; enterprises apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common.runs import Trained
from models_ml.segmentation import amounts, choice, features, portrait_map
from models_ml.segmentation.features import Scale
from models_ml.segmentation.habits import Vocabulary
from models_ml.segmentation.naming import labels
from models_ml.segmentation.numbering import Groups, aligned
from models_ml.segmentation.score import nearest
from models_ml.segmentation.spec import (
    ENTERPRISE,
    EVERYONE,
    FIRST_ENTERPRISE,
    HABITS,
    RULES,
    Rule,
    SegmentationSpec,
    of,
)


@dataclass(frozen=True)
class Found:
    """Groups of one family: what is stored to find them again, the group of each row, and how real they are."""

    stored: dict[str, Any]
    groups: Groups
    count: int
    measured: dict[str, Any]
    baseline: dict[str, Any]


def train(connection: Connection, profile: Profile, as_of_date: date) -> Trained:
    """Read and fit. Raises ModelRefused when the features are not as declared."""
    spec = of(profile)
    prior = features.prior_segments(connection, as_of_date)
    share = features.looked_share(connection, spec, as_of_date)
    trained = fit(features.read(connection, spec, as_of_date, share=share), spec, as_of_date, prior)
    trained.metrics["share_of_customers"] = round(share, 6)
    trained.metrics["used_features"] = [c.name for c in (*spec.features, *RULES, *HABITS.features)]
    return trained


def fit(frame: pd.DataFrame, spec: SegmentationSpec, as_of_date: date, prior: dict[str, int] | None = None) -> Trained:
    """All of training but the reading.

    Args:
        frame: customers as `features.read` gives them.
        spec: bounds and seed.
        as_of_date: of the frame.
        prior: customer_key → segment on the last scored date before; groups keep their numbers by it.
    """
    current = frame[~features.holds_nothing(frame)]
    firms, persons = current[features.is_enterprise(current)], current[~features.is_enterprise(current)]
    by_habit = _by_habits(persons, spec)
    people = by_habit or _by_amounts(persons, spec, spec.groups)
    companies = _by_amounts(firms, spec, spec.enterprise_groups)
    before = prior or {}
    rows, numbers, places = _named(persons, people, spec, EVERYONE, before, len(frame))
    firm_rows, firm_numbers, _ = _named(firms, companies, spec, ENTERPRISE, before, len(frame))
    rows += firm_rows
    rows += [_by_rule(rule, float(those.sum()) / max(1, len(frame))) for rule, those in features.by_rule(frame).items()]
    payload = {
        "method": "latent_classes" if by_habit else "k_means",
        "persons": people.stored | {"numbers": numbers},
        "enterprises": companies.stored | {"numbers": firm_numbers},
        "segments": rows,
    }
    measured = people.measured | {"enterprise_groups": companies.count}
    if places:
        measured["map"] = places
    return Trained(payload, measured, people.baseline, len(frame), as_of_date, as_of_date)


def _by_habits(persons: pd.DataFrame, spec: SegmentationSpec) -> Found | None:
    """Latent classes of at most `learnt_from` persons; None where too little is known of their habits."""
    vocabulary = Vocabulary.fit(persons)
    if len(vocabulary.words) < 2:
        return None
    blocks = vocabulary.blocks(persons)
    at = np.sort(np.random.default_rng(spec.seed).permutation(len(persons))[: spec.learnt_from])
    sample = [block[at] for block in blocks]
    chosen = choice.choose(sample, spec)
    if chosen is None:
        return None
    # Highest premium first, as far as nobody remembers other numbers.
    groups, _ = chosen.classes.members(blocks)
    premium = pd.Series(persons["annual_premium_in_force"].to_numpy()).groupby(groups).mean()
    count = len(chosen.classes.shares)
    order = np.argsort(-premium.reindex(range(count)).fillna(0.0).to_numpy(), kind="stable")
    classes = chosen.classes.in_order(order)
    groups, membership = classes.members(blocks)
    scaled = np.column_stack([np.sqrt(block / np.maximum(block.sum(axis=1, keepdims=True), 1)) for block in blocks])
    measured = {
        "groups": count,
        "stability": round(chosen.stability, 6),
        "silhouette": round(amounts.silhouette(scaled, groups, spec), 6),
        "mean_membership": round(float(membership.mean()), 6),
        "bic": round(chosen.bic[count], 1),
        "bic_by_groups": {str(k): round(v, 1) for k, v in sorted(chosen.bic.items())},
    }
    stored = {"vocabulary": vocabulary.to_artefact(), "classes": classes.to_artefact()}
    return Found(stored, groups, count, measured, {"one_class": {"bic": round(chosen.bic[1], 1)}})


def _by_amounts(rows: pd.DataFrame, spec: SegmentationSpec, numbers: tuple[int, ...]) -> Found:
    """Clusters of standardised amounts, with the silhouette of columns shuffled apart beside, where none can be."""
    names = tuple(column.name for column in spec.features)
    scale = Scale.fit(rows, names) if len(rows) else _no_scale()
    matrix = scale.transform(rows)
    found = amounts.find(matrix, scale, spec, numbers)
    count = len(found.centres)
    stored = {"scale": scale.to_artefact(), "centres": found.centres.tolist()}
    if count == 1:
        return Found(stored, np.zeros(len(rows), dtype="int64"), 1, {"groups": 1}, {})
    shuffled = np.column_stack([np.random.default_rng([spec.seed, i]).permutation(c) for i, c in enumerate(matrix.T)])
    nothing = amounts.silhouette(shuffled, nearest(shuffled, amounts.k_means(shuffled, count, spec.seed))[0], spec)
    measured = {
        "groups": count,
        "silhouette": found.silhouettes[count],
        "stability": round(amounts.stability(matrix, found.centres, spec), 6),
        "silhouette_by_groups": {str(k): v for k, v in found.silhouettes.items()},
    }
    baseline = {"shuffled_features": {"silhouette": round(nothing, 6)}}
    return Found(stored, nearest(matrix, found.centres)[0], count, measured, baseline)


def _no_scale() -> Scale:
    return Scale((), np.zeros(0), np.zeros(0), np.zeros(0))


def _named(
    rows: pd.DataFrame, found: Found, spec: SegmentationSpec, together: Rule, prior: dict[str, int], total: int
) -> tuple[list[dict[str, Any]], list[int], dict[str, Any]]:
    """Rows of `ml.segment` of a family, the number of each of its groups, and their map."""
    share = 1 / max(1, total)
    if found.count == 1:
        return [_by_rule(together, len(rows) * share)], [together.segment_id], {}
    is_firm = together is ENTERPRISE
    first, last = (FIRST_ENTERPRISE, ENTERPRISE.segment_id) if is_firm else (1, FIRST_ENTERPRISE)
    own = {key: number for key, number in prior.items() if first <= number < last}
    numbers = aligned(rows["customer_key"], found.groups, own, first, found.count)
    portrait = features.portrait(rows, spec)
    scale = Scale.fit(portrait, tuple(portrait.columns))
    matrix = scale.transform(portrait)
    centres = np.stack([matrix[found.groups == group].mean(axis=0) for group in range(found.count)])
    words = labels(scale.names, centres, spec.least_difference)
    sizes = np.bincount(found.groups, minlength=found.count)
    described = [
        {
            "segment_id": numbers[group],
            "label_en": f"Enterprises: {words[group][0].lower()}" if is_firm else words[group][0],
            "label_zh": f"企业：{words[group][1]}" if is_firm else words[group][1],
            "size_share": round(float(sizes[group]) * share, 6),
            "differentiators": {n: round(float(c), 4) for n, c in zip(scale.names, centres[group], strict=True)},
        }
        for group in range(found.count)
    ]
    return described, numbers, portrait_map.draw(matrix, found.groups, scale.names, described)


def _by_rule(rule: Rule, share: float) -> dict[str, Any]:
    return {
        "segment_id": rule.segment_id,
        "label_en": rule.label_en,
        "label_zh": rule.label_zh,
        "size_share": round(share, 6),
        "differentiators": {},
    }
