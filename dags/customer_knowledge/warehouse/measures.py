"""The page of measures, made from what dbt knows: metrics of the semantic layer, and doc blocks for all beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from customer_knowledge.errors import CustomerKnowledgeError

Node = dict[str, Any]

PAGE = Path("docs/measures.md")
META = ("term", "formula", "owner", "computed_in", "caveats_en", "caveats_zh")
# Files of models/semantic (without the number of a continued one) and the headings their metrics stand under.
GROUPS = {
    "policies": "Policies and customers in force · 保单与客户",
    "customers": "Customers, consent and new business · 客户、同意与新业务",
    "premiums_and_claims": "Premium, commission and claims · 保费、佣金与理赔",
    "claim_rates": "Severity and loss ratio · 案均与赔付率",
    "persistency": "Persistency figures · 继续率数值",
    "experience": "Experience · 经验分析",
    "service": "Service and complaints · 服务与投诉",
    "agents_and_products": "Agents and products · 代理人与产品",
    "value": "Value and next product · 价值与推荐",
    "churn": "Churn · 流失",
    "retention_effect": "Effect of retention · 挽留效果",
}
_HEAD = """<!-- Made by `ck docs measures` from models/semantic and docs/measures_concepts.md of dbt_project. -->
# Measures · 指标

Each measure is defined here once and computed in one dbt model. Ratios are published as numerator and denominator.
*Computed from* names the dbt model that MetricFlow reads, or the metrics a ratio is made of; *published in* is where
the figure stands ready-made. · 每个指标只定义一次、只在一个模型中计算；比率与分子、分母一并发布。
"""
_NO_DATABASE = {
    "CK_DBT_HOST": "127.0.0.1",
    "CK_DBT_PORT": "1",
    "CK_DBT_USER": "nobody",
    "CK_DBT_PASSWORD": "none",
    "CK_DBT_DATABASE": "none",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}


class MeasuresUnreadable(CustomerKnowledgeError):
    """dbt could not parse the project, or a metric lacks what its page must say."""


def manifest(dbt_dir: Path) -> Node:
    """The manifest that `dbt parse` writes of a project, with its defaults; needs no database.

    Raises:
        MeasuresUnreadable: the project does not parse.
    """
    with tempfile.TemporaryDirectory(prefix="ck_measures_") as target:
        command = [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "--log-path", target, "parse"),
            *("--project-dir", str(dbt_dir), "--profiles-dir", str(dbt_dir), "--target-path", target),
        ]
        done = subprocess.run(command, env=os.environ | _NO_DATABASE, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MeasuresUnreadable("dbt cannot parse the project", hint=(done.stdout + done.stderr)[-1500:])
        found: Node = json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))
    return found


def page(of: Node) -> str:
    """The whole page, ending in a line break.

    Raises:
        MeasuresUnreadable: a metric stands in an unknown file or lacks a part of its meta.
    """
    grouped: dict[str, list[Node]] = {group: [] for group in GROUPS}
    for metric in of["metrics"].values():
        grouped[_group(metric)].append(metric)
    parts = [_HEAD, "## What is counted · 计数对象\n", _concepts(of), _block(of, "measures_caveats") + "\n"]
    for group, title in GROUPS.items():
        parts += [f"## {title}\n", _table(of, grouped[group])]
    return "\n".join([*parts, _block(of, "measures_persistency")]) + "\n"


def _group(metric: Node) -> str:
    stem = Path(metric["original_file_path"]).stem
    group = stem.rstrip("0123456789").rstrip("_")
    lacking = [key for key in META if not metric["config"]["meta"].get(key)]
    if group not in GROUPS or lacking:
        raise MeasuresUnreadable(
            f"metric {metric['name']} in {stem}.yml "
            + (f"lacks {', '.join(lacking)}" if lacking else "has no heading"),
            hint="CONTRIBUTING.md says what a metric needs; headings are in customer_knowledge.warehouse.measures",
        )
    return group


def _block(of: Node, name: str) -> str:
    found = [str(doc["block_contents"]).strip() for doc in of["docs"].values() if doc["name"] == name]
    if len(found) != 1:
        raise MeasuresUnreadable(
            f"doc block {name} is missing", hint="it belongs into dbt_project/docs/measures_concepts.md"
        )
    return found[0]


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _concepts(of: Node) -> str:
    names = sorted(doc["name"] for doc in of["docs"].values() if doc["name"].startswith("concept_"))
    blocks = [_block(of, name).split("\n", maxsplit=2) for name in names]
    return _rows(("concept · 概念", "where · 所在", "definition · 定义"), blocks)


def _table(of: Node, metrics: Iterable[Node]) -> str:
    head = (
        *("measure · 指标", "definition · 定义", "formula · 公式", "owner · 负责"),
        *("computed from · 计算自", "published in · 发布于", "caveats · 注意"),
    )
    return _rows(head, (_row(of, m) for m in sorted(metrics, key=lambda m: str(m["label"]))))


def _row(of: Node, metric: Node) -> tuple[str, ...]:
    meta = metric["config"]["meta"]
    return (
        f"**{metric['label']}** `{metric['name']}`<br>{meta['term']}",
        str(metric["description"]),
        str(meta["formula"]),
        str(meta["owner"]),
        ", ".join(f"`{name}`" for name in _made_of(of, metric)),
        ", ".join(f"`{place}`" for place in meta["computed_in"]),
        f"{meta['caveats_en']} · {meta['caveats_zh']}",
    )


def _made_of(of: Node, metric: Node) -> list[str]:
    """The models a simple metric reads; the metrics a ratio or derived one is made of."""
    if metric["type"] != "simple":
        return [of["metrics"][name]["name"] for name in metric["depends_on"]["nodes"]]
    models = [m for name in metric["depends_on"]["nodes"] for m in of["semantic_models"][name]["depends_on"]["nodes"]]
    return [f"{schema(of['nodes'][name])}.{of['nodes'][name]['name']}" for name in models]


def schema(node: Node) -> str:
    """The schema in which people find a model: marts, though they are built in another."""
    return str(node["schema"]).replace("marts_build", "marts")
