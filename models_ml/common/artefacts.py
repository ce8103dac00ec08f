"""Fitted models on disk: skops, never pickle; loaded only when the bytes are those that were recorded and signed.

The digest shows that a file was altered; the signature, by a key that only the pipeline can read, that file and record
were not altered together.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from customer_knowledge.errors import ModelRefused
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse.server import secret

# Types beyond skops' own list of safe ones that our estimators are made of. Nothing else is ever loaded.
TRUSTED = ("numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor")


SIGNING_KEY = "model_signing"


@dataclass(frozen=True)
class Artefact:
    """A stored model: path relative to `folder`, SHA-256 of its bytes, and the signature of both."""

    path: str
    sha256: str
    signature: str


def folder(profile: Profile) -> Path:
    """Where an insurer's artefacts are kept."""
    return settings().data_dir / "runs" / profile.insurer / "models"


def save(profile: Profile, model_name: str, as_of_date: date, payload: dict[str, Any]) -> Artefact:
    """Store a payload of plain values and scikit-learn estimators, and sign it."""
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
    return Artefact(name, digest, _sign(name, digest))


def _sign(name: str, sha256: str) -> str:
    """HMAC-SHA-256 of path and digest by the key of this installation, made at first use."""
    key = secret(settings(), SIGNING_KEY).encode()
    return hmac.new(key, f"{name}\n{sha256}".encode(), hashlib.sha256).hexdigest()


def exists(profile: Profile, name: str) -> bool:
    """Whether an artefact's file is there."""
    return (folder(profile) / name).is_file()


def load(profile: Profile, artefact: Artefact) -> dict[str, Any]:
    """Read an artefact back.

    Raises:
        ModelRefused: it is missing, its bytes are not those recorded, its record is not signed by this installation, or
            it holds types we do not trust.
    """
    name = artefact.path
    path = folder(profile) / name
    if not path.is_file():
        raise ModelRefused(f"artefact {name} is missing", hint="train anew: trigger the DAG train_models")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != artefact.sha256:
        raise ModelRefused(
            f"artefact {name} is not the one that was recorded: its digest differs; it was not loaded",
            hint="find out who changed it, then train anew: trigger the DAG train_models",
        )
    if not hmac.compare_digest(artefact.signature, _sign(name, artefact.sha256)):
        raise ModelRefused(
            f"artefact {name} is not signed by this installation; it was not loaded",
            hint="its record was altered, or the key in the secrets folder is another: train anew with train_models",
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
