"""The ladder: a cohort table, a logistic regression, calibrated histogram boosting. All as plain data and sklearn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models_ml.churn.spec import ChurnSpec
from models_ml.common.guards import informative

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MISSING = "(missing)"


def fit_cohorts(train: pd.DataFrame, spec: ChurnSpec) -> dict[str, Any]:
    """Rates by cohort, drawn towards the overall rate where a cohort is small (Bühlmann credibility)."""
    overall = float(train["left"].mean())
    keys = [key for key in spec.cohort_keys if train[key].nunique(dropna=False) > 1]
    rates: dict[str, float] = {}
    if keys:
        grouped = train.groupby(_cohort(train, keys), sort=True)["left"].agg(["sum", "count"])
        prior = spec.cohort_prior_rows
        shrunk = (grouped["sum"] + prior * overall) / (grouped["count"] + prior)
        rates = {str(name): float(rate) for name, rate in shrunk.items()}
    return {"keys": keys, "rates": rates, "overall": overall}


def _cohort(frame: pd.DataFrame, keys: list[str]) -> pd.Series:
    return frame[keys].fillna(MISSING).astype(str).agg("|".join, axis=1)


def cohort_rates(table: dict[str, Any], frame: pd.DataFrame) -> Array:
    """Each row's cohort rate; the overall rate for a cohort never seen."""
    import numpy as np

    if not table["keys"]:
        return np.full(len(frame), table["overall"])
    rates = _cohort(frame, table["keys"]).map(table["rates"]).fillna(table["overall"])
    return np.asarray(rates, dtype=np.float64)


def _names(train: pd.DataFrame, columns: Any) -> tuple[list[str], list[str]]:
    numeric = list(informative(train, columns.numeric + columns.boolean))
    return numeric, list(informative(train, columns.categorical))


def fit_logistic(train: pd.DataFrame, columns: Any, seed: int) -> dict[str, Any]:
    """Logistic regression on imputed, scaled and one-hot columns."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric, categorical = _names(train, columns)
    number = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    kind = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=50, sparse_output=False)
    prepare = ColumnTransformer([("number", number, numeric), ("kind", kind, categorical)])
    model = make_pipeline(prepare, LogisticRegression(max_iter=1000, random_state=seed))
    model.fit(_filled(train, numeric, categorical), train["left"])
    return {"numeric": numeric, "categorical": categorical, "model": model}


def logistic_probability(fitted: dict[str, Any], frame: pd.DataFrame) -> Array:
    """Probability to leave, by the logistic regression."""
    import numpy as np

    rows = _filled(frame, fitted["numeric"], fitted["categorical"])
    return np.asarray(fitted["model"].predict_proba(rows)[:, 1], dtype=np.float64)


def _filled(frame: pd.DataFrame, numeric: list[str], categorical: list[str]) -> pd.DataFrame:
    chosen = frame[numeric + categorical].copy()
    chosen[categorical] = chosen[categorical].fillna(MISSING).astype(str)
    return chosen


def fit_boosting(train: pd.DataFrame, columns: Any, spec: ChurnSpec, seed: int) -> dict[str, Any]:
    """Histogram boosting, calibrated by Platt scaling on the latest part of the training window.

    The booster that scores is fitted on the whole window; the scaling was learnt on a part that a first booster
    had not seen (Platt 1999; as `sklearn.calibration` with cv="prefit").
    """
    ordered = train.sort_values(["label_known_on", "unit_key"], kind="stable")
    cut = int(len(ordered) * (1 - spec.calibration_share))
    numeric, categorical = _names(train, columns)
    fitted: dict[str, Any] = {
        "numeric": numeric,
        "categorical": categorical,
        "levels": {c: sorted(train[c].dropna().astype(str).unique().tolist())[:200] for c in categorical},
    }
    first = _booster(fitted, spec, seed).fit(matrix(fitted, ordered[:cut]), ordered["left"][:cut])
    late = ordered[cut:]
    fitted["scaling"] = _platt(_log_odds(first, matrix(fitted, late)), late["left"])
    fitted["model"] = _booster(fitted, spec, seed).fit(matrix(fitted, ordered), ordered["left"])
    fitted["typical"] = _typical(fitted, ordered)
    return fitted


def _booster(fitted: dict[str, Any], spec: ChurnSpec, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    count = len(fitted["numeric"])
    return HistGradientBoostingClassifier(
        learning_rate=spec.learning_rate,
        max_iter=spec.iterations,
        max_leaf_nodes=spec.leaf_nodes,
        min_samples_leaf=spec.minimum_leaf,
        l2_regularization=spec.l2,
        categorical_features=list(range(count, count + len(fitted["categorical"]))) or None,
        early_stopping=False,
        random_state=seed,
    )


def matrix(fitted: dict[str, Any], frame: pd.DataFrame) -> Array:
    """Numbers first, then categories as codes; what is missing or was never seen is NaN."""
    import numpy as np

    columns = [np.asarray(frame[name], dtype=np.float64) for name in fitted["numeric"]]
    for name in fitted["categorical"]:
        codes = {level: float(code) for code, level in enumerate(fitted["levels"][name])}
        columns.append(np.asarray(frame[name].map(codes, na_action="ignore"), dtype=np.float64))
    return np.column_stack(columns)


def _log_odds(model: Any, rows: Array) -> Array:
    import numpy as np

    return np.asarray(model.decision_function(rows), dtype=np.float64)


def _platt(log_odds: Array, left: pd.Series) -> list[float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(log_odds.reshape(-1, 1), left)
    return [float(fitted.coef_[0, 0]), float(fitted.intercept_[0])]


def _typical(fitted: dict[str, Any], frame: pd.DataFrame) -> list[float]:
    """What stands for 'nothing special' in each column: the median, or the most frequent category."""
    import numpy as np

    rows = matrix(fitted, frame)
    count = len(fitted["numeric"])
    medians = [float(np.nanmedian(rows[:, i])) for i in range(count)]
    frequent = []
    for i in range(count, rows.shape[1]):
        codes, sizes = np.unique(rows[~np.isnan(rows[:, i]), i], return_counts=True)
        frequent.append(float(codes[sizes.argmax()]) if len(codes) else float("nan"))
    return medians + frequent


def probability(fitted: dict[str, Any], rows: Array) -> Array:
    """Calibrated probability to leave."""
    import numpy as np

    slope, intercept = fitted["scaling"]
    return np.asarray(1 / (1 + np.exp(-(slope * _log_odds(fitted["model"], rows) + intercept))))


def reasons(fitted: dict[str, Any], rows: Array, count: int = 3) -> list[list[str]]:
    """The features that raise each row's risk most: how far the log-odds fall when one is made typical.

    Occlusion against a typical row (Zeiler & Fergus 2014; Robnik-Šikonja & Kononenko 2008): cheap and repeatable.
    """
    import numpy as np

    names = fitted["numeric"] + fitted["categorical"]
    whole = _log_odds(fitted["model"], rows)
    effects = np.empty((len(rows), len(names)))
    for i in range(len(names)):
        typical = rows.copy()
        typical[:, i] = fitted["typical"][i]
        effects[:, i] = whole - _log_odds(fitted["model"], typical)
    order = np.argsort(-effects, axis=1, kind="stable")[:, :count]
    return [[names[i] for i in row] for row in order]
