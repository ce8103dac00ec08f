"""Recommendations for who has consented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models_ml.next_product.spec import LINES, SPEC

if TYPE_CHECKING:
    import pandas as pd

    from models_ml.common.runs import Champion


def recommend(holdings: pd.DataFrame, shares: dict[str, dict[str, float]], count: int) -> pd.DataFrame:
    """The most popular lines that a customer does not hold and anybody holds.

    Returns:
        customer_key, line_of_business, score (popularity, 0-1), rank (1 = first); only who has consented.
    """
    import pandas as pd

    parts = []
    consenting = holdings[holdings["marketing_consent"] == 1]
    for line in LINES:
        score = consenting["customer_type"].map({kind: lines[line] for kind, lines in shares.items()}).fillna(0.0)
        open_ = (consenting[f"holds_{line}"].fillna(0) == 0) & (score > 0)
        parts.append(
            pd.DataFrame(
                {"customer_key": consenting["customer_key"], "line_of_business": line, "score": score.astype(float)}
            )[open_]
        )
    ranked = pd.concat(parts).sort_values(
        ["customer_key", "score", "line_of_business"], ascending=[True, False, True], kind="stable"
    )
    ranked["rank"] = ranked.groupby("customer_key").cumcount() + 1
    return ranked[ranked["rank"] <= count].reset_index(drop=True)


def score(champion: Champion, holdings: pd.DataFrame) -> pd.DataFrame:
    """Columns of `ml.next_best_product` without as_of_date."""
    found = recommend(holdings, champion.content["popularity"], SPEC.recommendations)
    return found.assign(model_run_id=champion.model_run_id)
