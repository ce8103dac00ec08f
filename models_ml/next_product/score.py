"""Next product: lines in order for each customer who has consented to marketing."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers
from models_ml.common.writing import replace
from models_ml.next_product import features
from models_ml.next_product.spec import LINES, RANKS, of

EVERYBODY = "everybody"


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Write `ml.next_best_product` of the date. Returns rows written, by table."""
    chunks = customers.stream(connection, as_of_date, of(profile).contract)
    offers = pd.concat([recommend(chunk, payload["rates"]) for chunk in chunks], ignore_index=True)
    offers["model_run_id"] = model_run_id
    return {"next_best_product": replace(connection, "next_best_product", as_of_date, offers)}


def recommend(frame: pd.DataFrame, rates: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Ranked lines of those with marketing consent: customer_key, line_of_business, rank, score.

    The score is the share of eligible customers of the type who bought the line within a year. Consent unknown is no
    consent. Who holds every line that sells gets no row.
    """
    consenting = frame[frame["marketing_consent"] == 1.0].reset_index(drop=True)
    order, table = rank(consenting, rates), _scores(consenting, rates)
    parts = []
    for place in range(RANKS):
        at = order[:, place]
        rows = np.flatnonzero(at >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "customer_key": consenting["customer_key"].to_numpy()[rows],
                    "line_of_business": np.asarray(LINES, dtype=object)[at[rows]],
                    "rank": place + 1,
                    "score": table[rows, at[rows]].round(6),
                }
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(["customer_key", "rank"], ignore_index=True)


def rank(frame: pd.DataFrame, rates: dict[str, dict[str, float]]) -> np.ndarray:
    """(rows, RANKS) numbers of lines, best first; −1 where nothing is left to recommend."""
    table = _scores(frame, rates)
    order = np.argsort(-table, axis=1, kind="stable")[:, :RANKS]
    return np.where(np.take_along_axis(table, order, axis=1) > 0, order, -1)


def _scores(frame: pd.DataFrame, rates: dict[str, dict[str, float]]) -> np.ndarray:
    """(rows, lines) rates by type of customer, 0 for lines that are held."""
    kinds = [rates.get(str(kind), rates[EVERYBODY]) for kind in frame["customer_type"]]
    table = np.array([[kind[line] for line in LINES] for kind in kinds]).reshape(len(frame), len(LINES))
    return np.where(features.eligible(frame), table, 0.0)
