"""Probabilistic linkage (Fellegi and Sunter 1969) of what no exact rule decides, by Splink on DuckDB in memory.

The probabilities that values agree by chance (u) come from a seeded random sample of pairs; those that they agree for
one and the same person (m) from parties whose valid numbers are the same: the insurer's own data teach how names,
phones and dates go wrong. Where there are too few such pairs, and as a floor everywhere, stand the priors below.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd
from splink import DuckDBAPI, Linker

from customer_knowledge.identity.exact import Link
from customer_knowledge.identity.hashing import hashed, signed

RULE = "probabilistic"
SEED = 20_260_630
PAIRS_SAMPLED = 1_000_000
LABELS_WANTED = 200
LEAST_U, LEAST_M = 1e-7, 1e-3
Level = tuple[str, float, float]
"""SQL condition, prior m, prior u."""


@dataclass(frozen=True)
class Comparison:
    """How one attribute is compared: levels from most to least alike; `frequency`: a rare value proves more."""

    column: str
    levels: tuple[Level, ...]
    frequency: bool = False

    def settings(self) -> dict[str, Any]:
        """As Splink wants it: NULL first, then the levels, then everything else."""
        c = self.column
        levels: list[dict[str, Any]] = [
            {"sql_condition": f"{c}_l is null or {c}_r is null", "label_for_charts": "null", "is_null_level": True}
        ]
        for number, (condition, m, u) in enumerate(self.levels):
            level = {"sql_condition": condition, "label_for_charts": f"{c} {number}"}
            level |= {"m_probability": m, "u_probability": u}  # type: ignore[dict-item]
            if self.frequency and not number:
                level |= {"tf_adjustment_column": c, "tf_adjustment_weight": 1.0}  # type: ignore[dict-item]
            levels.append(level)
        return {"output_column_name": c, "comparison_levels": levels}


def _same(column: str) -> str:
    return f"{column}_l = {column}_r"


PERSON = (
    Comparison(
        "name",
        (
            (_same("name"), 0.90, 0.002),
            (_same("sounds"), 0.05, 0.0005),
            (_same("letters"), 0.005, 0.0002),
            ("list_has_any(variants_l, variants_r)", 0.03, 0.003),
            (_same("surname"), 0.005, 0.05),
            ("ELSE", 0.01, 0.94),
        ),
        frequency=True,
    ),
    Comparison(
        "birth",
        (
            (_same("birth"), 0.96, 0.0001),
            ("birth_l = birth_swapped_r or hamming(birth_l, birth_r) = 1", 0.03, 0.002),
            ("ELSE", 0.01, 0.998),
        ),
        frequency=True,
    ),
    Comparison(
        "phone",
        ((_same("phone"), 0.6, 0.0002), ("ELSE", 0.4, 0.9998)),
        frequency=True,
    ),
    Comparison("sex", ((_same("sex"), 0.99, 0.5), ("ELSE", 0.01, 0.5))),
    Comparison("city", ((_same("city"), 0.95, 0.06), ("ELSE", 0.05, 0.94)), frequency=True),
    Comparison("address", ((_same("address"), 0.6, 0.0001), ("ELSE", 0.4, 0.9999)), frequency=True),
)
ENTERPRISE = (
    Comparison(
        "name",
        (
            (_same("name"), 0.65, 0.0005),
            (_same("core"), 0.2, 0.0005),
            ("contains(core_l, core_r) or contains(core_r, core_l)", 0.13, 0.002),
            (_same("fancy"), 0.01, 0.003),
            ("ELSE", 0.01, 0.994),
        ),
        frequency=True,
    ),
    Comparison("phone", ((_same("phone"), 0.6, 0.0002), ("ELSE", 0.4, 0.9998)), frequency=True),
    Comparison("city", ((_same("city"), 0.95, 0.06), ("ELSE", 0.05, 0.94)), frequency=True),
    Comparison("address", ((_same("address"), 0.6, 0.0001), ("ELSE", 0.4, 0.9999)), frequency=True),
)
MODELS = {
    "person": (PERSON, ("block_phone", "block_birth", "block_name", "block_year", "block_address")),
    "enterprise": (ENTERPRISE, ("block_phone", "block_core", "block_fancy")),
}
# Only pairs with an undecided party are worth scoring; two different valid numbers are two persons whatever else.
# A pair of which nothing has changed has its score already.
WORTH_SCORING = (
    "(l.is_open or r.is_open) and (l.is_anew or r.is_anew) and l.exact_group <> r.exact_group"
    " and (l.number is null or r.number is null or l.number = r.number)"
)


@dataclass(frozen=True)
class Model:
    """What was learnt of one kind of party; it stays, so that days can be compared and need not look at everybody.

    Attributes:
        settings: as Splink takes them, with m, u and the prior.
        counted: how many values each attribute had that rare values prove more of.
        often: by attribute, how many times each value stood, by its number; only of values that stood more than once.
    """

    settings: dict[str, Any]
    counted: dict[str, int]
    often: dict[str, pd.Series[Any]]


Parameters = Mapping[str, Model]


def lacking(table: pd.DataFrame, parameters: Parameters) -> list[str]:
    """Kinds of party that there is something to score of and nothing learnt."""
    return [kind for kind in MODELS if kind not in parameters and _worth_scoring(table[table["kind"] == kind])]


def learn(table: pd.DataFrame, kept: Parameters) -> Parameters:
    """What was learnt before and, of kinds that are lacking in it, what all parties teach now."""
    return {**kept, **{kind: _learnt(table[table["kind"] == kind], kind) for kind in lacking(table, kept)}}


def score(table: pd.DataFrame, least: float, parameters: Parameters) -> list[Link]:
    """Scored pairs of persons and of enterprises, each from the likeliest down.

    Args:
        table: cleaned parties with `is_open`, `exact_group` and `is_anew`; crowded block keys are missing.
        least: pairs below this probability are forgotten.
        parameters: what was learnt.
    """
    links: list[Link] = []
    for kind in MODELS:
        mine = table[table["kind"] == kind]
        if _worth_scoring(mine):
            links += _scored(mine, kind, least, parameters[kind])
    return in_order(links, table["kind"])


def in_order(links: Sequence[Link], kind: pd.Series[Any]) -> list[Link]:
    """Links in the order in which they are followed, always the same: persons' first, from the likeliest down."""
    place = {name: number for number, name in enumerate(MODELS)}
    kinds = kind.tolist()
    return sorted(links, key=lambda x: (place[kinds[x.left]], -x.weight, x.left, x.right))


def _worth_scoring(mine: pd.DataFrame) -> bool:
    return len(mine) > 1 and bool(mine["is_open"].any())


def _scored(mine: pd.DataFrame, kind: str, least: float, model: Model) -> Iterator[Link]:
    linker = _linker(_frame(mine, kind), model.settings)
    for column in model.counted:
        frequencies = _frequencies(mine[column], model, column)
        linker.table_management.register_term_frequency_lookup(frequencies, column)  # type: ignore[no-untyped-call]
    predicted = linker.inference.predict(threshold_match_probability=least)
    found: pd.DataFrame = predicted.as_pandas_dataframe()  # type: ignore[no-untyped-call]
    for left, right, probability, weight in zip(
        found["unique_id_l"], found["unique_id_r"], found["match_probability"], found["match_weight"], strict=True
    ):
        yield Link(int(left), int(right), RULE, round(float(probability), 9), round(float(weight), 6))


def _frequencies(values: pd.Series[Any], model: Model, column: str) -> pd.DataFrame:
    """How frequent each value is; one that was not there when the model learnt is taken to stand once."""
    different = values.dropna().unique()
    times = model.often[column].reindex(signed(hashed(different)), fill_value=1).to_numpy()
    return pd.DataFrame({column: different, f"tf_{column}": times / model.counted[column]})


def _frame(mine: pd.DataFrame, kind: str) -> pd.DataFrame:
    comparisons, blocks = MODELS[kind]
    columns = _columns(comparisons) | {"number", "is_open", "is_anew", "exact_group", *blocks}
    return mine[sorted(columns)].assign(unique_id=mine.index)


def _columns(comparisons: tuple[Comparison, ...]) -> set[str]:
    names = {c.column for c in comparisons}
    extra = {"birth": {"birth_swapped"}, "name": {"sounds", "letters", "variants", "surname", "core", "fancy"}}
    return names.union(*(extra.get(name, set()) for name in names))


def _settings(kind: str) -> dict[str, Any]:
    comparisons, blocks = MODELS[kind]
    return {
        "link_type": "dedupe_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "unique_id",
        "comparisons": [c.settings() for c in comparisons],
        "blocking_rules_to_generate_predictions": [f"l.{b} = r.{b} and {WORTH_SCORING}" for b in blocks],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _linker(frame: pd.DataFrame, settings: dict[str, Any]) -> Linker:
    logging.getLogger("splink").setLevel(logging.ERROR)
    # A column's type is seen from its values; of the few parties of a day all are looked at.
    connection = duckdb.connect(":memory:", config={"pandas_analyze_sample": 100_000})
    # One thread: sums come out the same to the last bit every time.
    connection.execute("set threads = 1")
    connection.register("parties", frame)
    return Linker("parties", settings, db_api=DuckDBAPI(connection=connection), set_up_basic_logging=False)


def _prior(frame: pd.DataFrame) -> float:
    """Probability that two parties drawn at random are one: as often as among those whose numbers tell."""
    numbered = frame["number"].dropna()
    count = numbered.groupby(numbered).size()
    alike = float((count * (count - 1) / 2).sum())
    pairs = len(numbered) * (len(numbered) - 1) / 2
    return min(0.5, max(alike, 1.0) / max(pairs, len(frame)))


def _learnt(mine: pd.DataFrame, kind: str) -> Model:
    frame = _frame(mine, kind)
    settings = _trained(frame.assign(birth=mine["birth_recorded"]), _settings(kind))
    settings["probability_two_random_records_match"] = _prior(frame)
    counted, often = {}, {}
    for column in (c.column for c in MODELS[kind][0] if c.frequency):
        times = mine[column].value_counts()
        counted[column] = int(times.sum()) or len(mine)
        times = times[times > 1]
        times.index = pd.Index(signed(hashed(times.index)))
        often[column] = times.groupby(level=0).sum()
    return Model(settings, counted, often)


def _trained(frame: pd.DataFrame, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with u from random pairs and m from parties with the same number; priors where there is too little."""
    linker = _linker(frame, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS_SAMPLED, seed=SEED)
    numbered = frame["number"].dropna()
    if len(numbered) - numbered.nunique() >= LABELS_WANTED:
        linker.training.estimate_m_from_label_column("number")
    learnt = linker.misc.save_model_to_json()
    for mine, theirs in zip(settings["comparisons"], learnt["comparisons"], strict=True):
        for level, found in zip(mine["comparison_levels"], theirs["comparison_levels"], strict=True):
            if not level.get("is_null_level"):
                # A level never seen keeps a trace of its prior, else one slip would rule everything out.
                level["m_probability"] = max(found.get("m_probability") or level["m_probability"], LEAST_M)
                level["u_probability"] = max(found.get("u_probability") or level["u_probability"], LEAST_U)
    return settings
