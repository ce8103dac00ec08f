"""The steps of a day that DAG tasks call: short, resumable, state in the ledger and nowhere else."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from customer_knowledge.errors import CustomerKnowledgeError
from customer_knowledge.profile import Profile
from customer_knowledge.settings import settings
from customer_knowledge.warehouse import core_state, dbt, editions
from customer_knowledge.warehouse import publish as publishing
from customer_knowledge.warehouse.connections import warehouse
from customer_knowledge.warehouse.core_state import Plan
from customer_knowledge.warehouse.editions import Edition

# What the resolver left is read by the input layer too, once it has been at work.
RESOLVED = "input__party_identities"
# What a unit test shows of the code was shown when the code came in; the insurer's rows change nothing in it.
UNIT_TESTS = "resource_type:unit_test"
WHOLE_ONLY = "tag:with_whole_builds"


def open_edition(profile: Profile, as_of_date: date, *, force: bool = False) -> bool:
    """Open or resume the edition of a date; False when the same one is published already."""
    with warehouse(profile) as connection:
        return editions.open_edition(connection, profile, as_of_date, force=force) is not None


def building(profile: Profile, as_of_date: date) -> int:
    """Id of the edition of a date that is being built."""
    with warehouse(profile) as connection:
        return editions.current_build(connection, as_of_date).edition_id


def published_date(profile: Profile) -> date:
    """Business date of the edition that readers see.

    Raises:
        CustomerKnowledgeError: nothing is published yet.
    """
    with warehouse(profile) as connection:
        edition = editions.published(connection)
    if edition is None:
        raise CustomerKnowledgeError("nothing is published yet", hint="`ck run` makes the first edition")
    return edition.as_of_date


def _build(
    profile: Profile, as_of_date: date, layers: str, name: str, *, command: str = "build", exclude: str = ""
) -> dict[str, int]:
    edition_id = building(profile, as_of_date)
    result = dbt.run(
        command,
        profile,
        edition_id=edition_id,
        as_of_date=as_of_date,
        select=layers,
        target_name=name,
        exclude=f"{UNIT_TESTS} {exclude}",
    )
    return {"nodes": len(result.nodes)}


def build_input_layer(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Build and test staging and the input layer: what changed since the edition that stands there, or all.

    Tests that need core too wait for it.
    """
    with warehouse(profile) as connection:
        edition = editions.current_build(connection, as_of_date)
    plan = core_state.begin(profile, edition)
    command = "build --indirect-selection cautious"
    seeds = "" if plan.changed else "resource_type:seed "
    result = _build_layers(profile, edition, plan, f"{seeds}staging input_layer", "input_layer", command, RESOLVED)
    core_state.move(profile, edition, "input_built")
    return {"nodes": len(result.nodes), **(plan.changed or {})}


def _build_layers(
    profile: Profile, edition: Edition, plan: Plan, select: str, name: str, command: str = "build", exclude: str = ""
) -> dbt.DbtResult:
    return dbt.run(
        command,
        profile,
        edition_id=edition.edition_id,
        as_of_date=edition.as_of_date,
        select=select,
        target_name=name,
        exclude=f"{UNIT_TESTS} {exclude}" + (f" {WHOLE_ONLY}" if plan.changed else ""),
        more_variables=plan.variables,
        full_refresh=plan.changed is None,
        is_noted=True,
    )


def resolve_identities(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Find out which parties are one customer; an insurer with a proxy for a customer id needs none of it."""
    if profile.customer_identity == "proxy":
        return {}
    from customer_knowledge.identity.run import resolve_edition

    return resolve_edition(profile, building(profile, as_of_date), as_of_date)


def build_core(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Build and test what the resolver found, intermediate and core, as the input layer was built."""
    with warehouse(profile) as connection:
        edition = editions.current_build(connection, as_of_date)
    plan = core_state.resume(profile, edition)
    result = _build_layers(profile, edition, plan, f"{RESOLVED} intermediate core", "core")
    core_state.move(profile, edition, "complete")
    return {"nodes": len(result.nodes)}


def build_features(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Build and test the features."""
    return _build(profile, as_of_date, "features", "features")


def build_marts(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Build and test the marts in `marts_build`, where nobody looks yet."""
    return _build(profile, as_of_date, "marts", "marts")


def _already_published(profile: Profile, as_of_date: date) -> bool:
    with warehouse(profile) as connection:
        newest = editions.latest(connection, as_of_date)
    return newest is not None and newest.state == "published"


def describe(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Keep what describes an edition with it: taken while its tables still stand where dbt built them."""
    edition_id = building(profile, as_of_date)
    folder = settings().runs_dir / "editions" / str(edition_id)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("manifest.json", "run_results.json"):
        shutil.copy2(_marts_target() / name, folder / name)
    documents = dbt.run(
        "docs generate",
        profile,
        edition_id=edition_id,
        as_of_date=as_of_date,
        select="*",
        target_name="docs",
    ).target
    wanted = ("static_index.html", "catalog.json", "manifest.json")
    kept = [name for name in wanted if (documents / name).exists()]
    for name in kept:
        shutil.copy2(documents / name, folder / name)
    return {"documents": len(kept)}


def publish(profile: Profile, as_of_date: date) -> dict[str, int]:
    """Publish the edition of a date; once it is published, doing it again does nothing."""
    if _already_published(profile, as_of_date):
        return {}
    edition_id = building(profile, as_of_date)
    return publishing.publish(profile, edition_id, _marts_target() / "manifest.json").rows


def _marts_target() -> Path:
    """Where the marts' dbt invocation left its artifacts."""
    return settings().runs_dir / "dbt" / "marts"
