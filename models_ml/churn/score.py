"""Churn: chances of each exit for the units at risk, reasons, and the roll-up to customers."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.churn import features
from models_ml.churn.calendar import MONTHS
from models_ml.churn.cohort import CohortTable
from models_ml.churn.hazard import CAUSES, Hazard, by_choice
from models_ml.churn.spec import LEAST_EFFECT, NAME, REASON_CODES, REASONS, of
from models_ml.common import customers
from models_ml.common.drift import Reference, Tally, state
from models_ml.common.metrics import Floats
from models_ml.common.writing import replace

CODES = [f"reason_{n}_code" for n in range(1, REASONS + 1)]
EFFECTS = [f"reason_{n}_effect" for n in range(1, REASONS + 1)]
REASON_COLUMNS = [*CODES, *EFFECTS]
CHANCES = {"lapse": "p_lapse", "surrender": "p_surrender", "claim": "p_claim_exit", "other": "p_other_exit"}
POLICY_COLUMNS = [
    *("unit_key", "policy_key", "customer_key", "horizon_months", "horizon_ends_on", "p_churn", "baseline_p_churn"),
    *(*CHANCES.values(), "expected_months", "risk_decile", "premium_at_risk", *REASON_COLUMNS),
]
# What is kept of a chunk until all are scored.
KEPT = [*(c for c in POLICY_COLUMNS if c != "risk_decile"), "annual_premium", "premium_mode", "premium_years_left"]
CUSTOMER_COLUMNS = [
    *("customer_key", "policies_at_risk", "p_lose_any", "p_lose_all", "p_lose_any_3m", "expected_policies_lost"),
    *("premium_still_due", "premium_at_risk", "risk_band", *REASON_COLUMNS),
]


def score(
    connection: Connection, profile: Profile, as_of_date: date, payload: dict[str, Any], model_run_id: int
) -> dict[str, int]:
    """Score the edition's units and customers into `ml.policy_lapse` and `ml.customer_churn`.

    Returns:
        Rows written, by table.
    """
    parts, counted = [], []
    reference = Reference.from_artefact(payload["reference"])
    for chunk in features.current_chunks(connection, of(profile), as_of_date):
        scored = _scored(chunk, payload)
        counted.append(reference.tally(scored[scored["horizon_months"] == MONTHS]))
        parts.append(scored[KEPT])
    joined = pd.concat(parts, ignore_index=True)
    parts.clear()  # as large as what was made of them
    units = _with_deciles(joined)
    del joined
    everyone = customers.keys(connection, as_of_date)
    churn = by_customer(units, everyone, payload["bands"])
    written = units[POLICY_COLUMNS].assign(model_run_id=model_run_id)
    rolled = churn[CUSTOMER_COLUMNS].assign(model_run_id=model_run_id)
    drifted = drift_of(reduce(add, counted), payload).assign(model_name=NAME, model_run_id=model_run_id)
    return {
        "model_drift": replace(connection, "model_drift", as_of_date, drifted),
        "policy_lapse": replace(connection, "policy_lapse", as_of_date, written),
        "customer_churn": replace(connection, "customer_churn", as_of_date, rolled),
    }


def drift_of(counted: Tally, payload: dict[str, Any]) -> pd.DataFrame:
    """How far today's units lie from the last year of training: feature, psi, state; `p_churn` is the score."""
    found = Reference.from_artefact(payload["reference"]).psi(counted)
    return pd.DataFrame(
        {"feature": list(found), "psi": list(found.values()), "state": list(map(state, found.values()))}
    )


def policies(units: pd.DataFrame, payload: dict[str, Any]) -> pd.DataFrame:
    """Scores of units at risk, a row a unit and horizon, longest horizon first.

    Adds `horizon_months`, `p_churn` (lapse or surrender), its cohort table's value, the chance of each cause, the
    months expected in force, the decile within the horizon (10 = most at risk), premium at risk and reasons.
    """
    return _with_deciles(_scored(units, payload))


def _with_deciles(scored: pd.DataFrame) -> pd.DataFrame:
    """Deciles within each horizon, the longest first."""
    table = scored.sort_values("horizon_months", ascending=False, kind="stable", ignore_index=True)
    ranked = [decile(of_horizon.to_numpy()) for _, of_horizon in table.groupby("horizon_months", sort=False)["p_churn"]]
    return table.assign(risk_decile=np.concatenate(ranked))


def _scored(units: pd.DataFrame, payload: dict[str, Any]) -> pd.DataFrame:
    """All that is said of a unit by itself: see `policies`."""
    model = Hazard.from_artefact(payload["model"])
    plain = units.reset_index(drop=True)
    chances = model.incidence(plain)
    why = reasons(model.effects(plain, chances), REASON_CODES)
    cohorts = {int(horizon): CohortTable.from_artefact(table) for horizon, table in payload["cohorts"].items()}
    parts = [
        pd.concat(
            [plain.drop(columns="horizon_ends_on"), _horizon(plain, chances, horizon, cohorts[horizon]), why], axis=1
        )
        for horizon in sorted(cohorts, reverse=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _horizon(units: pd.DataFrame, chances: dict[str, Floats], horizon: int, cohort: CohortTable) -> pd.DataFrame:
    """What is said of a horizon: see `policies`."""
    periods = next(iter(chances.values())).shape[1]
    last = min(horizon, periods) - 1
    p = by_choice(chances, horizon).round(6)
    there = 1 - np.sum(list(chances.values()), axis=0)
    months = (1 + there[:, :last].sum(axis=1)) * (horizon / (last + 1))
    ends = units["horizon_ends_on"]
    if horizon < MONTHS:
        ends = units["as_of_date"] + pd.DateOffset(months=horizon)
    said = {
        "horizon_months": horizon,
        "horizon_ends_on": ends,
        "p_churn": p,
        "baseline_p_churn": cohort.predict(units).round(6),
        "expected_months": months.round(4),
        "premium_at_risk": (p * features.recurring_premium(units)).round(2),
    }
    by_cause = {CHANCES[c]: chances[c][:, last].round(6) if c in chances else np.zeros(len(units)) for c in CAUSES}
    return pd.DataFrame(said | by_cause, index=units.index)


def decile(p: Floats) -> Floats:
    """1 (least at risk) to 10 by rank; ties in the order of the rows."""
    rank = np.empty(p.size, dtype="int64")
    rank[np.argsort(p, kind="stable")] = np.arange(p.size)
    return np.asarray(1 + rank * 10 // max(1, p.size), dtype="int64")


def reasons(effects: pd.DataFrame, codes: tuple[str, ...]) -> pd.DataFrame:
    """The features that weigh most in each unit's chance to leave: codes and effects.

    Those that raise it come first, the strongest in front; where fewer do, those that lower it most follow. What
    moves the chance by less than about 5 % is left out, but never the first.

    Args:
        effects: (rows, features) on the log of the chance.
        codes: features that may be reasons.
    """
    named = effects[[name for name in effects.columns if name in codes]]
    names = np.asarray(named.columns, dtype=object)
    values = named.to_numpy(dtype="float64").round(6)
    with np.errstate(divide="ignore"):
        place_of = np.where(values > 0, -values, 1.0 / np.abs(values))
    order = np.argsort(place_of, axis=1, kind="stable")[:, :REASONS]
    weight = np.take_along_axis(values, order, axis=1)
    shown = np.abs(weight) >= LEAST_EFFECT
    shown[:, :1] = True
    found = pd.DataFrame(index=effects.index, columns=REASON_COLUMNS, dtype=object)
    for place in range(weight.shape[1]):
        at = shown[:, place]
        found.loc[at, CODES[place]] = names[order[at, place]]
        found.loc[at, EFFECTS[place]] = weight[at, place]
    return found.where(found.notna(), None)


def roll_up(units: pd.DataFrame) -> pd.DataFrame:
    """Customers from units of one horizon, taking exits as independent given the scores.

    p_lose_any = 1 − Π(1 − p); p_lose_all = Π p; expected_policies_lost = Σ p; premium_at_risk = Σ p · premium.
    The premium is what falls due again, premium_still_due its sum.

    Args:
        units: customer_key, p_churn, annual_premium, premium_mode; one row a unit.

    Returns:
        A row a customer, sorted by key.
    """
    premium = features.recurring_premium(units)
    p = units["p_churn"].to_numpy(dtype="float64")
    parts = pd.DataFrame(
        {
            "customer_key": units["customer_key"].to_numpy(),
            "policies_at_risk": 1,
            "p_lose_any": 1 - p,
            "p_lose_all": p,
            "expected_policies_lost": p,
            "premium_still_due": premium,
            "premium_at_risk": p * premium,
        }
    )
    how = {
        "policies_at_risk": "sum",
        "p_lose_any": "prod",
        "p_lose_all": "prod",
        "expected_policies_lost": "sum",
        "premium_still_due": "sum",
        "premium_at_risk": "sum",
    }
    rolled = parts.groupby("customer_key", sort=True).agg(how).reset_index()
    rolled["p_lose_any"] = np.maximum(1 - rolled["p_lose_any"], rolled["p_lose_all"])
    return rolled


def by_customer(units: pd.DataFrame, everyone: pd.Series, bands: list[float]) -> pd.DataFrame:
    """All customers: the roll-up over twelve months, the reasons of the policy most at risk, and the band.

    Who has nothing at risk has zeros, no reason, and is `low`. `p_lose_any_3m` is empty where the only horizon is the
    next renewal.

    Args:
        units: of all horizons, as `policies` gives them.
        everyone: keys of all customers.
        bands: least chance to lose any policy of `high` and `medium`.
    """
    year = units[units["horizon_months"] == MONTHS]
    rolled = roll_up(year)
    first = year.sort_values(["p_churn", "unit_key"], ascending=[False, True]).drop_duplicates("customer_key")
    rolled = rolled.merge(first[["customer_key", *REASON_COLUMNS]], on="customer_key", how="left")
    table = pd.DataFrame({"customer_key": everyone}).merge(rolled, on="customer_key", how="outer")
    amounts = [c for c in rolled.columns if c not in ("customer_key", *REASON_COLUMNS)]
    table[amounts] = table[amounts].fillna(0).round(6)
    table["policies_at_risk"] = table["policies_at_risk"].astype("int64")
    table = table.merge(_soon(units), on="customer_key", how="left").sort_values("customer_key", ignore_index=True)
    if (units["horizon_months"] < MONTHS).any():
        table["p_lose_any_3m"] = table["p_lose_any_3m"].fillna(0.0)
    high, medium = bands
    chance = table["p_lose_any"]
    table["risk_band"] = np.where(chance >= high, "high", np.where(chance >= medium, "medium", "low"))
    return table


def _soon(units: pd.DataFrame) -> pd.DataFrame:
    """Chance to lose any policy within the short horizon: customer_key, p_lose_any_3m."""
    soon = roll_up(units[units["horizon_months"] < MONTHS])[["customer_key", "p_lose_any"]].round(6)
    return soon.rename(columns={"p_lose_any": "p_lose_any_3m"})
