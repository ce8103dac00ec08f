"""A business day taken as far as a test wants it, by the pipeline's own steps and without Airflow."""

from __future__ import annotations

from datetime import date

from customer_knowledge import pipeline
from customer_knowledge.extract.postgres import extract_system
from customer_knowledge.profile import Profile
from expectations.gate import landing_gate


def land(profile: Profile, day: date) -> None:
    """Read every source, let its gate decide, and open the edition."""
    for system in profile.systems:
        extract_system(profile, system, day)
        landing_gate(profile, system, day)
    assert pipeline.open_edition(profile, day)


def build_to_core(profile: Profile, day: date) -> None:
    """Build what has landed: input layer, identities, core."""
    pipeline.build_input_layer(profile, day)
    pipeline.resolve_identities(profile, day)
    pipeline.build_core(profile, day)


def build_to_features(profile: Profile, day: date) -> None:
    """The same, and the features."""
    build_to_core(profile, day)
    pipeline.build_features(profile, day)
