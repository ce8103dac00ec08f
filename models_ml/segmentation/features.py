"""Reading customers for segmentation, and turning them into comparable numbers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer_knowledge.warehouse.connections import Connection
from models_ml.common.data import check_registry, read
from models_ml.segmentation.spec import ENTERPRISES, FORMER, SPEC

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SOURCE = "(select * from features.features__customer_as_of where as_of_date = %(day)s) as f"


def customers(connection: Connection, as_of_date: date) -> pd.DataFrame:
    """One row a customer of the date."""
    check_registry(connection, "customer", SPEC.columns.features, protected_allowed=False)
    return read(connection, SOURCE, SPEC.columns, "f.customer_key", day=as_of_date)


def rule_segment(frame: pd.DataFrame) -> Array:
    """The rule segment of each row, 0 where behaviour decides."""
    import numpy as np

    enterprise = (frame["customer_type"] == "enterprise").to_numpy()
    former = (frame["policies_in_force"].fillna(0) == 0).to_numpy()
    return np.select([enterprise, former], [ENTERPRISES, FORMER], 0)


def prepared(frame: pd.DataFrame, names: list[str]) -> Array:
    """Named columns as numbers: heavy tails logged, what is missing 0."""
    import numpy as np

    def column(name: str) -> Any:
        values = frame[name].fillna(0).to_numpy(dtype=np.float64)
        return np.log1p(np.clip(values, 0, None)) if name in SPEC.logged else values

    return np.column_stack([column(name) for name in names])
