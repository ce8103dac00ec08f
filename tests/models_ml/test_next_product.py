"""Next product on customers made to want something: what is learnt, how it is tested, who is recommended what."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from customer_knowledge.profile import Profile
from models_ml.common import artefacts
from models_ml.common.encoding import Encoder
from models_ml.next_product import features, propensity
from models_ml.next_product import score as product_score
from models_ml.next_product import train as product_train
from models_ml.next_product.propensity import EVERYBODY, Propensity
from models_ml.next_product.spec import FEATURES, HOLDINGS, LINES, NextProductSpec

DAY, KIND = date(2026, 6, 30), "logistic_regression"
DATES = [pd.Timestamp(f"{year}-06-30") for year in (2023, 2024, 2025)]
SHARES = dict(zip(LINES, (0.1, 0.4, 0.3, 0.2, 0.0), strict=True))
RATES = Propensity({EVERYBODY: SHARES}, Encoder((), {}), {})


def people(holds: list[tuple[str, ...]], moment: pd.Timestamp = DATES[-1]) -> pd.DataFrame:
    frame = pd.DataFrame({"customer_key": [f"c{i}" for i in range(len(holds))], "customer_type": "person"})
    for column in FEATURES:
        if column.kind != "category":
            frame[column.name] = 0.0
    for line in LINES:
        frame[HOLDINGS[line]] = [float(line in held) for held in holds]
    frame["policies_in_force"] = [float(len(held)) for held in holds]
    return frame.assign(as_of_date=moment)


def planted(count: int = 4_000, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Customers of three dates, each holding one line; holders of motor buy property, users of the app health."""
    rng = np.random.default_rng(seed)
    parts, sales = [], []
    for moment in DATES:
        frame = people([(line,) for line in rng.choice(["motor", "life"], size=count)], moment)
        frame["app_share_12m"] = rng.random(count)
        wants = {
            "property": np.where(frame["holds_motor"] == 1, 0.25, 0.02),
            "health": 0.02 + 0.2 * frame["app_share_12m"].to_numpy(),
            "accident": np.full(count, 0.05),
        }
        for line, chance in wants.items():
            buyers = frame.loc[rng.random(count) < chance, ["customer_key", "as_of_date"]]
            sales.append(buyers.assign(line_of_business=line))
        parts.append(frame)
    return pd.concat(parts, ignore_index=True), pd.concat(sales, ignore_index=True)


def policies(*lines: str) -> pd.DataFrame:
    return pd.DataFrame({"line_of_business": list(lines), "premium_mode": "annual", "annual_premium": 100.0})


def test_what_moves_a_purchase_is_found_and_beats_rates_and_popularity() -> None:
    frame, sales = planted()
    trained = product_train.fit(frame, sales, policies("life", "motor"), NextProductSpec(), DAY)
    own, rates, popular = trained.metrics, trained.baseline["rates_by_kind"], trained.baseline["overall_popularity"]
    assert own["champion"] == KIND
    assert "gradient_boosting" in trained.baseline
    assert own["log_loss"] < rates["log_loss"] - 0.005
    assert own["success_1"] > rates["success_1"] + 0.1 > popular["success_1"]
    assert own["auc_property"] > 0.7 > rates["auc_property"] == 0.5
    assert own["auc_health"] > rates["auc_health"] + 0.1
    assert own["expected_over_actual_health"] == pytest.approx(1, abs=0.15)
    model = Propensity.from_artefact(trained.payload["propensity"])
    [of_motor, of_life] = model.chances(people([("motor",), ("life",)]))
    at = LINES.index("property")
    assert of_motor[at] == pytest.approx(0.25, abs=0.04)
    assert of_life[at] == pytest.approx(0.02, abs=0.02)
    assert of_motor[LINES.index("motor")] == of_life[LINES.index("life")] == 0


def test_success_is_told_by_group() -> None:
    """Buyers of property hold motor and are found; those of accident are nobody's in particular."""
    frame, sales = planted()
    wants = sales.query("line_of_business != 'health'")
    by_wish = np.where(frame["holds_motor"] == 1, "F", "M")
    groups = frame[["customer_key"]].assign(sex=by_wish, age_band="40-49", customer_type="person")
    groups = groups[(frame["as_of_date"] == DATES[-1]).to_numpy()]
    trained = product_train.fit(frame, wants, policies("life", "motor"), NextProductSpec(), DAY, groups)
    report = trained.metrics["fairness"]
    assert set(report) == {"customer_type", "sex", "age_band"}
    assert report["sex"]["F"]["success_1"] > report["sex"]["M"]["success_1"] + 0.1
    assert sum(group["rows"] for group in report["sex"].values()) == trained.metrics["buyers_tested"]
    assert report["age_band"]["40-49"]["success_1"] == trained.metrics["success_1"]


def test_where_nothing_moves_a_purchase_rates_stay() -> None:
    frame, _ = planted()
    rng = np.random.default_rng(1)
    drawn = frame.loc[rng.random(len(frame)) < 0.1, ["customer_key", "as_of_date"]].assign(line_of_business="health")
    trained = product_train.fit(frame, drawn, policies("life", "motor"), NextProductSpec(), DAY)
    assert trained.metrics["champion"] == "rates_by_kind"
    assert trained.payload["propensity"]["rankers"] == {}


def test_what_is_tested_knows_nothing_of_the_year_it_is_tested_on() -> None:
    """Holders of motor want property in the last year only: nobody could have foreseen it, and all know it after."""
    frame, sales = planted()
    early = sales.query("line_of_business != 'property' or as_of_date == @DATES[-1]")
    trained = product_train.fit(frame, early, policies("life", "motor"), NextProductSpec(), DAY)
    assert "auc_property" in trained.metrics
    assert trained.metrics["auc_property"] == pytest.approx(0.5, abs=0.01)
    model = propensity.fit(KIND, frame, features.purchases(frame, early), NextProductSpec())
    [of_motor, of_life] = model.chances(people([("motor",), ("life",)]))[:, LINES.index("property")]
    assert of_motor > 3 * of_life
    one_date = frame[frame["as_of_date"] == DATES[-1]]
    measured = product_train.fit(one_date, sales, policies("life"), NextProductSpec(), DAY).metrics
    assert measured["buyers_tested"] == 0


def test_purchases_and_rates_by_hand() -> None:
    frame = people([("health",), ("life",), ("life",), ("motor",)])
    frame["customer_type"] = ["person", "person", "enterprise", "person"]
    sales = pd.DataFrame(
        {
            "customer_key": ["c0", "c1", "c1", "c2", "stranger"],
            "as_of_date": [*[DATES[-1]] * 3, DATES[0], DATES[-1]],
            # What is held already, or bought after another date, is no purchase of a line.
            "line_of_business": ["health", "health", "unknown", "motor", "motor"],
        }
    )
    bought = features.purchases(frame, sales)
    assert bought.sum() == 1
    assert bought[1, LINES.index("health")]
    table = propensity.rates(frame, bought, NextProductSpec(weight=1))
    assert table["everybody"]["health"] == pytest.approx(1 / 3)
    assert table["person"]["health"] == pytest.approx((1 + 1 / 3) / 3)
    assert table["enterprise"]["health"] == pytest.approx((1 / 3) / 2)


def test_who_has_nothing_in_force_any_more_goes_by_a_rate_of_their_own() -> None:
    frame, sales = planted()
    former = people([()] * 2_000, DATES[-1]).assign(customer_key=[f"f{i}" for i in range(2_000)])
    buyers = former.iloc[::4][["customer_key", "as_of_date"]].assign(line_of_business="life")
    frame, sales = (pd.concat(parts, ignore_index=True) for parts in ((frame, former), (sales, buyers)))
    model = propensity.fit(KIND, frame, features.purchases(frame, sales), NextProductSpec())
    at = LINES.index("life")
    [nothing, motor] = model.chances(people([(), ("motor",)]))[:, at]
    assert nothing == pytest.approx(0.25, abs=0.02)
    assert motor < 0.01
    without = frame["policies_in_force"] > 0
    unseen = propensity.fit(KIND, frame[without], features.purchases(frame[without], sales), NextProductSpec())
    assert unseen.chances(people([()])) == pytest.approx(np.array([list(unseen.rates[EVERYBODY].values())]))


def test_only_the_consenting_are_recommended_what_they_do_not_hold() -> None:
    frame = people([("health",), (), (), LINES]).assign(marketing_consent=[1.0, 0.0, np.nan, 1.0])
    offers = product_score.recommend(frame, RATES)
    assert offers["customer_key"].tolist() == ["c0", "c0", "c0"]
    assert offers["line_of_business"].tolist() == ["life", "motor", "accident"]
    assert offers["rank"].tolist() == [1, 2, 3]
    assert offers["score"].tolist() == [0.3, 0.2, 0.1]


@pytest.mark.parametrize("rung", propensity.RUNGS)
def test_what_is_stored_foresees_the_same(rung: str, module_sample: Profile) -> None:
    frame, sales = planted(1_000)
    model = propensity.fit(rung, frame, features.purchases(frame, sales), NextProductSpec())
    assert bool(model.rankers) == (rung != propensity.RATES)
    stored = artefacts.save(module_sample, "next_product", DAY, {"propensity": model.to_artefact()})
    again = Propensity.from_artefact(artefacts.load(module_sample, stored)["propensity"])
    assert (again.chances(frame) == model.chances(frame)).all()


def test_what_is_known_only_of_holders_of_a_line_does_not_stop_it() -> None:
    """Of those who may buy motor nobody has answered a survey: there is nothing to be cut into bins."""
    frame, sales = planted(2_000)
    frame["last_survey_score"] = np.where(frame["holds_motor"] == 1, 7.0 + (frame.index % 3), np.nan)
    life = frame[frame["holds_motor"] == 0][::5][["customer_key", "as_of_date"]].assign(line_of_business="motor")
    bought = features.purchases(frame, pd.concat([sales, life]))
    model = propensity.fit("gradient_boosting", frame, bought, NextProductSpec())
    assert "motor" in model.rankers
    assert model.chances(frame)[:, LINES.index("motor")].max() == pytest.approx(0.2, abs=0.1)


def test_one_line_is_no_choice_to_be_tested() -> None:
    frame = pd.concat([people([(), ("motor",)], moment) for moment in DATES], ignore_index=True)
    sales = frame[frame["holds_motor"] == 0][["customer_key", "as_of_date"]].assign(line_of_business="motor")
    trained = product_train.fit(frame, sales, policies("motor"), NextProductSpec(), DAY)
    assert trained.metrics == {"buyers_tested": 0, "champion": "rates_by_kind", "lines_learnt": 0, "used_features": []}


def test_without_history_there_are_no_chances_and_no_failure() -> None:
    trained = product_train.fit(people([])[:0], planted()[1], policies("motor"), NextProductSpec(), DAY)
    assert trained.metrics["buyers_tested"] == 0
    model = Propensity.from_artefact(trained.payload["propensity"])
    assert (model.chances(people([("motor",)])) == 0).all()
