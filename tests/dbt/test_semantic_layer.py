"""The semantic layer: valid, complete, and equal to the marts where MetricFlow computes it from a real warehouse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator
from metricflow.engine.metricflow_engine import MetricFlowEngine

from customer_knowledge.warehouse import measures
from tests.architecture.test_layer_law import INSURERS, ROOT, bilingual, parse
from tests.dbt import rows as make
from tests.dbt.asked import engine, sql_of, values
from tests.dbt.conftest import build
from tests.dbt.landing import Landing
from tests.dbt.test_core_sample import DAY_1, PA, land_day_1

DAYS = (date(2025, 7, 1), DAY_1)
# Metric of the semantic layer, what marts.metric_value calls it, and the days it counts there.
PUBLISHED = [
    ("in_force_policies", "in_force_policies", None),
    ("annual_premium_in_force", "annual_premium_in_force", None),
    ("ape", "ape_12m", DAYS),
    ("free_look_cancellation_rate", "free_look_cancellation_rate", DAYS),
    ("customers", "customers", None),
    ("policies_per_customer", "policies_per_customer", None),
    ("cross_holding_rate", "cross_holding_rate", None),
    ("orphan_policies", "orphan_policies", None),
    ("settlement_ratio", "settlement_ratio", DAYS),
    ("nps", "nps", DAYS),
    ("lapse_rate", "lapse_rate_12m", None),
    ("surrender_rate", "surrender_rate_count_12m", None),
    ("claim_frequency", "claim_frequency_12m", None),
    ("claim_severity", "claim_severity_12m", None),
    ("loss_ratio", "loss_ratio_12m", None),
    ("persistency_13m_regulatory", "persistency_13m_regulatory", None),
    ("persistency_13m_company", "persistency_13m_company", None),
]
# Those that the landing of this file has something to count for; all others must agree on nothing.
COUNTED = {
    "in_force_policies",
    "annual_premium_in_force",
    "ape",
    "customers",
    "policies_per_customer",
    "settlement_ratio",
}
NEW = {"issued_on": "2026-01-15", "effective_on": "2026-01-15", "recorded_on": "2026-01-15"}
DECISIONS = ("paid", "paid", "denied", "withdrawn")
# In force, but with no premium to come: a single premium, one paid up, one waived. And one that left.
OLD = {"issued_on": "2024-01-01", "effective_on": "2024-01-01", "recorded_on": "2024-01-01"}
LEFT = 100
OTHERS = {60: {"premium_mode": "single", "annual_premium": 90_000}, 70: {}, 80: {}, LEFT: {}}
AFTERWARDS = {70: "paid_up", 80: "premium_waived", LEFT: "surrendered"}
# Where the measure is published beside metric_value, by the parts that make the whole.
ANNUAL_PREMIUM = {
    "edition": "",
    "customer_360": "",
    "agent_performance": "",
    "segment_profile": "",
    "product_insight": " where segment_id = 'all'",
}
SEGMENTS = """
    with run as (
        insert into ml.model_run (model_name, as_of_date, code_version, trained_rows, metrics, baseline)
        values ('segmentation', %(day)s, 'test', 0, '{}', '{}') returning model_run_id
    ), segment as (
        insert into ml.segment select model_run_id, 1, 'All', '全部', 1, '[]' from run
        returning segment_id, model_run_id
    )
    insert into ml.customer_segment
    select %(day)s, customer_key, segment_id, 1, model_run_id
    from segment cross join core.dim_customer where not is_prospect
"""
WHOLE = (
    "select value from marts_build.metric_value"
    " where (metric, product_line, channel, branch) = ('{}', 'all', 'all', 'all')"
)


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The manifest and the text of the semantic manifest."""
    target = tmp_path_factory.mktemp("semantic")
    manifest = parse("sample", INSURERS["sample"], target)
    return manifest, (target / "semantic_manifest.json").read_text(encoding="utf-8")


def faults(text: str) -> tuple[Any, ...]:
    """What the validator of dbt has against a semantic manifest."""
    validator = SemanticManifestValidator[PydanticSemanticManifest]()
    return tuple(validator.validate_semantic_manifest(PydanticSemanticManifest.parse_raw(text)).errors)


def test_the_semantic_manifest_is_valid(parsed: tuple[dict[str, Any], str]) -> None:
    assert not faults(parsed[1])
    broken = json.loads(parsed[1])
    broken["semantic_models"][0]["measures"][0]["agg_time_dimension"] = "no_such_day"
    assert faults(json.dumps(broken))


def test_every_metric_says_what_it_is_in_both_languages(parsed: tuple[dict[str, Any], str]) -> None:
    metrics = parsed[0]["metrics"].values()
    assert len(metrics) > 60
    silent = []
    for metric in metrics:
        meta = metric["config"]["meta"]
        complete = set(measures.META) <= {key for key, value in meta.items() if value}
        spoken = bilingual(metric["label"]) and bilingual(metric["description"])
        caveats = re.search("[A-Za-z]{2}", meta["caveats_en"]) and re.search("[\u4e00-\u9fff]", meta["caveats_zh"])
        if not (complete and spoken and caveats):
            silent.append(metric["name"])
    assert silent == []


def test_places_of_metrics_exist(parsed: tuple[dict[str, Any], str]) -> None:
    manifest = parsed[0]
    known = {f"{measures.schema(n)}.{n['name']}": set(n["columns"]) for n in manifest["nodes"].values() if n["columns"]}
    known |= {f"{n['schema']}.{n['name']}": set() for n in manifest["sources"].values()}
    lost = []
    for metric in manifest["metrics"].values():
        for place in metric["config"]["meta"]["computed_in"]:
            schema, model, *column = place.split(".")
            if not set(column) <= known.get(f"{schema}.{model}", {"-"}) or f"{schema}.{model}" not in known:
                lost.append((metric["name"], place))
    assert lost == []


def test_marts_of_figures_are_spoken_for(parsed: tuple[dict[str, Any], str]) -> None:
    """Each mart with figures is named by a metric; those that are lists or pages are named here."""
    manifest = parsed[0]
    marts = {n["name"] for n in manifest["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "marts"}
    spoken = {p.split(".")[1] for m in manifest["metrics"].values() for p in m["config"]["meta"]["computed_in"]}
    lists = {"knowledge_item", "customer_segment", "next_best_product", "blocked_recommendation"}
    assert marts - spoken == lists


def test_the_page_of_measures_is_up_to_date(parsed: tuple[dict[str, Any], str]) -> None:
    assert (ROOT / measures.PAGE).read_text(encoding="utf-8") == measures.page(parsed[0]), "run `ck docs measures`"


def test_a_metric_without_an_owner_makes_no_page(parsed: tuple[dict[str, Any], str]) -> None:
    manifest = json.loads(json.dumps(parsed[0]))
    manifest["metrics"]["metric.customer_knowledge.nps"]["config"]["meta"].pop("owner")
    with pytest.raises(measures.MeasuresUnreadable, match="nps"):
        measures.page(manifest)


class Warehouse(NamedTuple):
    """A built warehouse and MetricFlow over its semantic manifest."""

    landing: Landing
    metricflow: MetricFlowEngine
    metrics: list[str]


@pytest.fixture(scope="module")
def warehouse(sample_landing: Landing) -> Iterator[Warehouse]:
    land_day_1(sample_landing)
    # Something for the last twelve months: a new policy, and claims decided either way.
    sample_landing.land(PA, "policy", DAY_1, [make.policy(50, "LIFE", **NEW)])
    sample_landing.land(PA, "policy_party", DAY_1, [make.policy_party(50, 50, 1, "policyholder")])
    claims = [make.claim(10 + n, 20, decided_on="2026-03-01", decision=d) for n, d in enumerate(DECISIONS)]
    sample_landing.land(PA, "claim", DAY_1, claims)
    sample_landing.land(PA, "policy", DAY_1, [make.policy(n, "LIFE", **OLD, **said) for n, said in OTHERS.items()])
    sample_landing.land(PA, "policy_event", DAY_1, [make.event(n, n, "issued", "2024-01-01") for n in OTHERS])
    sample_landing.land(PA, "party", DAY_1, [make.party(5, name="已走客户", birth_date="1971-02-03")])
    # The policyholder of policy 40 waits in quarantine, and then is found.
    holders = [(n, 5 if n == LEFT else 1) for n in OTHERS] + [(40, 1)]
    roles = [make.policy_party(100 + n, n, party, "policyholder") for n, party in holders]
    sample_landing.land(PA, "policy_party", DAY_1, roles)
    ended = [make.event(n + 1, n, event, "2026-05-01") for n, event in AFTERWARDS.items()]
    sample_landing.land(PA, "policy_event", DAY_1, ended)
    no_tests = "resource_type:unit_test resource_type:test"
    build(sample_landing, DAY_1, exclude=no_tests)
    sample_landing.connection.execute(SEGMENTS, {"day": DAY_1})
    sample_landing.connection.commit()
    built = build(sample_landing, DAY_1, select="", exclude=no_tests)
    path: Path = built.target / "semantic_manifest.json"
    names = [m["name"] for m in json.loads(path.read_text(encoding="utf-8"))["metrics"]]
    yield Warehouse(sample_landing, engine(path), names)


@pytest.mark.postgres
def test_every_metric_computes(warehouse: Warehouse) -> None:
    for name in warehouse.metrics:
        assert len(values(warehouse.landing.connection, sql_of(warehouse.metricflow, name))) == 1, name


@pytest.mark.postgres
def test_metrics_equal_what_the_mart_publishes(warehouse: Warehouse) -> None:
    counted = set()
    for metric, published, days in PUBLISHED:
        mart = values(warehouse.landing.connection, WHOLE.format(published))
        [(ours,)] = values(warehouse.landing.connection, sql_of(warehouse.metricflow, metric, days=days))
        # What is counted nowhere is none here, and zero or no row there.
        theirs = float(mart[0][0]) if mart else 0.0
        assert float(ours or 0) == pytest.approx(theirs, abs=1e-6), metric
        counted |= {metric} if theirs else set()
    assert counted >= COUNTED


@pytest.mark.postgres
@pytest.mark.parametrize("mart", ANNUAL_PREMIUM)
def test_annual_premium_in_force_is_one_figure(warehouse: Warehouse, mart: str) -> None:
    [(published,)] = values(warehouse.landing.connection, WHOLE.format("annual_premium_in_force"))
    held = f"select sum(annual_premium_in_force) from marts_build.{mart}{ANNUAL_PREMIUM[mart]}"
    assert values(warehouse.landing.connection, held) == [(pytest.approx(published),)]
    in_force = "select sum(annual_premium) from marts_build.policy_360 where in_force_flag"
    assert values(warehouse.landing.connection, in_force)[0][0] > published + 90_000, "all premiums are still to come"


@pytest.mark.postgres
def test_customers_of_the_edition_are_the_measure(warehouse: Warehouse) -> None:
    [(published,)] = values(warehouse.landing.connection, WHOLE.format("customers"))
    [edition] = values(
        warehouse.landing.connection, "select customers, customers_ever, prospects from marts_build.edition"
    )
    kinds = "select count(*) filter (where not is_prospect), count(*) filter (where is_prospect) from core.dim_customer"
    assert edition == (published, *values(warehouse.landing.connection, kinds)[0])
    assert edition[1] > edition[0], "nobody has left: nothing is told apart"


@pytest.mark.postgres
def test_metrics_by_dimension_equal_the_mart(warehouse: Warehouse) -> None:
    query = sql_of(warehouse.metricflow, "in_force_policies", by=["policy__line_of_business"])
    published = (
        "select product_line, value from marts_build.metric_value"
        " where metric = 'in_force_policies' and product_line <> 'all' and value > 0"
    )
    ours = {line: int(n) for line, n in values(warehouse.landing.connection, query) if n}
    assert ours == {line: int(n) for line, n in values(warehouse.landing.connection, published)}
    assert ours


@pytest.mark.postgres
def test_premium_by_month_equals_the_facts(warehouse: Warehouse) -> None:
    query = sql_of(warehouse.metricflow, "premium_received", by=["metric_time__month"])
    direct = "select date_trunc('month', paid_on), sum(amount) from core.fct_premium_payment group by 1"
    ours = {(month.year, month.month): amount for month, amount in values(warehouse.landing.connection, query)}
    theirs = {(month.year, month.month): amount for month, amount in values(warehouse.landing.connection, direct)}
    assert ours == theirs
    assert ours
