"""Next product: lines in order for each customer who has consented to marketing."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.common import customers
from models_ml.common.metrics import Floats
from models_ml.common.writing import replace
from models_ml.next_product.propensity import Propensity
from models_ml.next_product.spec import LINES, RANKS, of


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Write `ml.next_best_product` of the date. Returns rows written, by table."""
    model = Propensity.from_artefact(payload["propensity"])
    chunks = customers.stream(connection, as_of_date, of(profile).contract)
    offers = pd.concat([recommend(chunk, model) for chunk in chunks], ignore_index=True)
    offers["model_run_id"] = model_run_id
    return {"next_best_product": replace(connection, "next_best_product", as_of_date, offers)}


def recommend(frame: pd.DataFrame, model: Propensity) -> pd.DataFrame:
    """Ranked lines of those with marketing consent: customer_key, line_of_business, rank, score.

    The score is the chance to buy the line within a year. Consent unknown is no consent. Who holds every line that
    sells gets no row.
    """
    consenting = frame[frame["marketing_consent"] == 1.0].reset_index(drop=True)
    table = model.chances(consenting)
    order = rank(table)
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


def rank(chances: Floats) -> np.ndarray:
    """(rows, RANKS) numbers of lines, best first; −1 where nothing is left to recommend."""
    order = np.argsort(-chances, axis=1, kind="stable")[:, :RANKS]
    return np.where(np.take_along_axis(chances, order, axis=1) > 0, order, -1)
