"""Fitted models on disk: skops, never pickle; loaded only when the bytes are those that were recorded."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings

# Types beyond skops' own list of safe ones that our estimators are made of. Nothing else is ever loaded.
TRUSTED = ("numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor")


def folder(profile: Profile) -> Path:
    """Where an insurer's artefacts are kept."""
    return settings().data_dir / "runs" / profile.insurer / "models"


def save(profile: Profile, model_name: str, as_of_date: date, payload: dict[str, Any]) -> tuple[str, str]:
    """Store a payload of plain values and scikit-learn estimators.

    Returns:
        (path relative to `folder`, sha256 of the bytes).
    """
    from skops import io

    data = io.dumps(payload)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{model_name}/{as_of_date.isoformat()}-{digest[:16]}.skops"
    path = folder(profile) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(temporary).replace(path)
    return name, digest


def exists(profile: Profile, name: str) -> bool:
    """Whether an artefact's file is there."""
    return (folder(profile) / name).is_file()


def load(profile: Profile, name: str, sha256: str) -> dict[str, Any]:
    """Read an artefact back.

    Raises:
        ModelRefused: it is missing, its bytes are not those recorded, or it holds types we do not trust.
    """
    path = folder(profile) / name
    if not path.is_file():
        raise ModelRefused(f"artefact {name} is missing", hint="train anew: trigger the DAG train_models")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelRefused(
            f"artefact {name} is not the one that was recorded: its digest differs; it was not loaded",
            hint="find out who changed it, then train anew: trigger the DAG train_models",
        )
    return _loads(name, data)


def _loads(name: str, data: bytes) -> dict[str, Any]:
    from skops import io

    foreign = sorted(set(io.get_untrusted_types(data=data)) - set(TRUSTED))
    if foreign:
        raise ModelRefused(
            f"artefact {name} holds types that are not trusted: {', '.join(foreign)}",
            hint="the list stands in models_ml/common/artefacts.py",
        )
    payload: dict[str, Any] = io.loads(data, trusted=list(TRUSTED))
    return payload
