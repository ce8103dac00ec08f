"""The law of the layers, read from dbt's own manifest. The list of exceptions is empty and stays so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from customer_knowledge.profile import load
from customer_knowledge.warehouse import changes
from customer_knowledge.warehouse.parsed import OF_THE_DAY

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("staging", "input_layer", "intermediate", "core", "features", "marts")
# Which layers a model of a layer may read. Intermediate models may build on each other; core may too.
MAY_READ: dict[str, set[str]] = {
    "staging": {"staging"},
    "input_layer": {"staging"},
    "intermediate": {"input_layer", "intermediate"},
    "core": {"input_layer", "intermediate", "core"},
    "features": {"core", "features"},
    "marts": {"core", "features", "marts"},
}
CONTRACTED = ("input_layer", "core", "features", "marts")
MAX_SQL_LINES = 120
MAX_YML_LINES = 300


def parse(insurer: str, systems: list[str], target: Path, **other: Any) -> dict[str, Any]:
    """The manifest of the project as `dbt parse` sees it for an insurer; needs no database."""
    variables = {
        "insurer": insurer,
        "systems": systems,
        "as_of_date": "2026-06-30",
        "edition_id": 1,
        "unit_at_risk": "policy_term" if insurer == "motor_portfolio" else "policy",
        "horizon": "next_renewal" if insurer == "motor_portfolio" else "next_12_months",
        "grace_days": 0 if insurer == "motor_portfolio" else 60,
        "customer_identity": "proxy" if insurer == "motor_portfolio" else "id_number",
        "currency": "CNY",
    } | other
    env = os.environ | {
        "CK_DBT_HOST": "127.0.0.1",
        "CK_DBT_PORT": "1",
        "CK_DBT_USER": "nobody",
        "CK_DBT_PASSWORD": "none",
        "CK_DBT_DATABASE": "none",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "parse",
        "--project-dir",
        str(ROOT / "dbt_project"),
        "--profiles-dir",
        str(ROOT / "dbt_project"),
        "--target-path",
        str(target),
        "--log-path",
        str(target / "logs"),
        "--vars",
        json.dumps(variables),
    ]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return manifest


INSURERS = {"sample": ["policy_admin", "crm"], "motor_portfolio": ["motor_portfolio"]}


@pytest.fixture(scope="module", params=sorted(INSURERS))
def manifest(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return parse(request.param, INSURERS[request.param], tmp_path_factory.mktemp(request.param))


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [n for n in manifest["nodes"].values() if n["resource_type"] == "model"]
    assert len(found) > 30, "too few models: was the project read at all?"
    return found


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_every_model_stands_in_a_layer(manifest: dict[str, Any]) -> None:
    strangers = [n["name"] for n in models(manifest) if layer(n) not in LAYERS]
    assert strangers == []


def test_nothing_skips_a_layer_downwards(manifest: dict[str, Any]) -> None:
    broken = [
        f"{node['name']} ({layer(node)}) reads {parent} ({layer(manifest['nodes'][parent])})"
        for node in models(manifest)
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("model.") and layer(manifest["nodes"][parent]) not in MAY_READ[layer(node)]
    ]
    assert broken == []


def test_sources_are_read_in_staging_only_and_ml_in_marts(manifest: dict[str, Any]) -> None:
    broken = []
    for node in models(manifest):
        for parent in node["depends_on"]["nodes"]:
            if not parent.startswith("source."):
                continue
            schema = manifest["sources"][parent]["schema"]
            allowed = layer(node) == "staging" or (layer(node) == "marts" and schema == "ml")
            if not allowed:
                broken.append(f"{node['name']} ({layer(node)}) reads source {parent}")
    assert broken == []


def test_contracts_are_enforced(manifest: dict[str, Any]) -> None:
    without = [
        n["name"]
        for n in models(manifest)
        if layer(n) in CONTRACTED and not n["config"].get("contract", {}).get("enforced")
    ]
    assert without == []


def bilingual(text: str) -> bool:
    """Whether a description has an English and a Chinese part: some words of the one, some signs of the other."""
    return bool(re.search(r"[A-Za-z]{2}", text)) and bool(re.search("[\u4e00-\u9fff]", text))


def test_bilingual_tells_one_language_from_two() -> None:
    assert bilingual("Claims paid. 累计赔付。")
    assert not any(map(bilingual, ("", "Claims paid.", "累计赔付。", "P 类")))


def test_every_model_and_column_is_described_in_both_languages(manifest: dict[str, Any]) -> None:
    bare = []
    seeds = [n for n in manifest["nodes"].values() if n["resource_type"] == "seed"]
    for node in [*models(manifest), *seeds]:
        if not bilingual(node["description"]):
            bare.append(node["name"])
        bare += [f"{node['name']}.{c['name']}" for c in node["columns"].values() if not bilingual(c["description"])]
    assert bare == []


def test_every_model_states_its_grain(manifest: dict[str, Any]) -> None:
    silent = [n["name"] for n in models(manifest) if "grain" not in n["description"].lower() and layer(n) in CONTRACTED]
    assert silent == []


def test_models_and_yml_stay_short() -> None:
    sql = list((ROOT / "dbt_project" / "models").rglob("*.sql"))
    yml = list((ROOT / "dbt_project").glob("models/**/*.yml"))
    assert sql
    assert yml
    long = [
        p.name
        for files, limit in ((sql, MAX_SQL_LINES), (yml, MAX_YML_LINES))
        for p in files
        if len(p.read_text(encoding="utf-8").splitlines()) > limit
    ]
    assert long == []


def test_models_end_in_select_star_from_final() -> None:
    sql = list((ROOT / "dbt_project" / "models").rglob("*.sql"))
    assert sql
    others = [
        p.name
        for p in sql
        if "final as (" in (text := p.read_text(encoding="utf-8")) and not text.rstrip().endswith("select * from final")
    ]
    assert others == []


def test_no_clock_and_no_chance_in_transformations() -> None:
    forbidden = (
        "now()",
        "current_date",
        "current_timestamp",
        "random()",
        "clock_timestamp",
        "localtimestamp",
    )
    files = [
        *(ROOT / "dbt_project" / "models").rglob("*.sql"),
        *(ROOT / "dbt_project" / "macros").rglob("*.sql"),
    ]
    assert files
    found = [f"{p.name}: {word}" for p in files for word in forbidden if word in p.read_text(encoding="utf-8").lower()]
    assert found == []


def test_every_data_test_says_how_severe_it_is_and_which_marts_it_hurts(manifest: dict[str, Any]) -> None:
    marts = {n["name"] for n in models(manifest) if layer(n) == "marts"}
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    assert len(tests) > 50
    silent = []
    for node in tests:
        severity = "severity_warn" if node["config"]["severity"].lower() == "warn" else "severity_stop"
        said = {tag for tag in node["tags"] if tag.startswith("severity_")}
        hurts = {tag.removeprefix("hurts_") for tag in node["tags"] if tag.startswith("hurts_")}
        if said != {severity} or not hurts or hurts - marts:
            silent.append((node["name"], said, hurts - marts))
    assert silent == []


@pytest.mark.parametrize("insurer", ["sample", "motor_portfolio"])
def test_the_day_changes_nothing_that_dbt_parses(insurer: str, tmp_path: Path) -> None:
    """What was parsed for a day that is built whole is handed to dbt on others (`warehouse.parsed`)."""
    roots = changes.roots(load(insurer))
    other = {"as_of_date": "2027-01-31", "edition_id": 99, "base_as_of_date": "2027-01-30", "changed_only": True}
    assert set(other) == OF_THE_DAY
    [one, another] = [parse(insurer, INSURERS[insurer], tmp_path, changed_roots=roots, **day) for day in ({}, other)]
    for kind in ("nodes", "sources", "metrics", "semantic_models", "macros", "unit_tests", "disabled"):
        assert _lasting(one[kind]) == _lasting(another[kind]), kind


def _lasting(entries: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {k: v for k, v in entry.items() if k != "created_at"} if isinstance(entry, dict) else len(entry)
        for name, entry in entries.items()
    }
