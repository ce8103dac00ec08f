"""Training and scoring all models for a date. Cheap to import: libraries are loaded inside."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection, warehouse

if TYPE_CHECKING:
    from models_ml.common.runs import Champion

log = logging.getLogger(__name__)
MODELS = ("churn", "value", "segmentation", "next_product")


def ensure_champions(profile: Profile, as_of_date: date) -> bool:
    """Train where a champion is missing or its artefact is not as it was stored; True when it trained."""
    from models_ml.common import runs

    with warehouse(profile) as connection:
        try:
            if all(runs.champion(connection, name) for name in MODELS):
                return False
        except ModelRefused as refused:
            log.warning("%s; training anew", refused.message)
    train_all(profile, as_of_date)
    return True


def train_all(profile: Profile, as_of_date: date) -> None:
    """Backtest and train every model on what was known on the date; all become champions together or none does.

    Raises:
        ModelRefused: a model's data are not fit to learn from, or a leak is suspected; champions stay.
    """
    from models_ml.churn import train as churn
    from models_ml.common import runs

    with warehouse(profile) as connection, connection.transaction():
        tested = churn.backtest(connection, profile, as_of_date)
        runs.store(connection, churn.train(connection, profile, as_of_date, tested), as_of_date)
        _score_churn(connection, _champion(connection, "churn"), as_of_date)
        _train_customers(connection, profile, as_of_date, tested)


def _train_customers(connection: Connection, profile: Profile, as_of_date: date, tested: object) -> None:
    """Value, segments and next product: they stand on customers and on the churn scores just written."""
    from models_ml.common import runs
    from models_ml.next_product import features as holding_features
    from models_ml.next_product import train as next_product
    from models_ml.segmentation import features as segment_features
    from models_ml.segmentation import train as segmentation
    from models_ml.value import features as value_features
    from models_ml.value import train as value

    customers = value_features.customers(connection, as_of_date)
    scores = value_features.lapse_scores(connection, as_of_date)
    runs.store(connection, value.train(customers, scores, tested, as_of_date), as_of_date)  # type: ignore[arg-type]
    people = segment_features.customers(connection, as_of_date)
    runs.store(connection, segmentation.train(people, as_of_date, profile.random_seed), as_of_date)
    before = holding_features.a_year_before(as_of_date)
    trained = next_product.train(
        holding_features.holdings(connection, as_of_date),
        holding_features.holdings(connection, before),
        holding_features.purchases(connection, before),
        as_of_date,
    )
    runs.store(connection, trained, as_of_date)


def _champion(connection: Connection, name: str) -> Champion:
    from models_ml.common import runs

    found = runs.champion(connection, name)
    if found is None:
        raise ModelRefused(f"there is no {name} model", hint="run the DAG train_models")
    return found


def score_all(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Write all scores of a date, replacing what an earlier attempt left; gives rows written by table."""
    from models_ml.common.write import replace
    from models_ml.next_product import features as holding_features
    from models_ml.next_product import score as next_product
    from models_ml.segmentation import features as segment_features
    from models_ml.segmentation import score as segmentation
    from models_ml.value import features as value_features
    from models_ml.value import score as value

    with warehouse(profile) as connection, connection.transaction():
        written = _score_churn(connection, _champion(connection, "churn"), as_of_date)
        customers = value_features.customers(connection, as_of_date)
        scores = value_features.lapse_scores(connection, as_of_date)
        valued = value.score(_champion(connection, "value"), customers, scores)
        written["customer_value"] = replace(connection, "customer_value", as_of_date, valued)
        model = _champion(connection, "segmentation")
        people = segmentation.score(model, segment_features.customers(connection, as_of_date))
        segmentation.write_segments(connection, model, people)
        written["customer_segment"] = replace(connection, "customer_segment", as_of_date, people)
        offers = next_product.score(
            _champion(connection, "next_product"), holding_features.holdings(connection, as_of_date)
        )
        written["next_best_product"] = replace(connection, "next_best_product", as_of_date, offers)
    return written


def _score_churn(connection: Connection, champion: Champion, as_of_date: date) -> dict[str, int]:
    from models_ml.churn import features, score
    from models_ml.common.write import replace
    from models_ml.value.features import customers

    scored = score.score_policies(champion, features.current(connection, as_of_date))
    rolled = score.roll_up(scored, customers(connection, as_of_date)["customer_key"], champion.model_run_id)
    return {
        "policy_lapse": replace(connection, "policy_lapse", as_of_date, scored.drop(columns=["annual_premium"])),
        "customer_churn": replace(connection, "customer_churn", as_of_date, rolled),
    }
