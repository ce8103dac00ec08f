"""`ck features`: what models may learn from, as the registry says; `docs/features.md` is made of it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import Annotated, Final

import typer

from customer_knowledge.cli.common import guarded
from customer_knowledge.settings import settings

Row = Mapping[str, str]
MODELS: Final = ("churn", "value", "segmentation", "next_product", "churn_benchmark")
UNITS: Final = {
    "policy": "Policies · 保单",
    "customer": "Customers · 客户",
}
PREFACE: Final = """\
# Features · 特征

Made of `dbt_project/seeds/feature_registry.csv` by `ck features`; a test compares the two. Each row of a features table
holds what was known on its `as_of_date` and nothing later. **Protected** features (sex, age, region and what stands for
them) are learnt from by no model; `churn_benchmark` is the declared variant that is compared with published results and
whose scores are never written.

由 `ck features` 依特征登记表生成。特征行仅含观察日已知信息;受保护特征(性别、年龄、地区及其替身)不用于任何模型。
"""
HEAD: Final = (
    "| feature · 特征 | meaning · 含义 | looks back · 回看 | protected · 受保护 | models · 模型 |",
    "|---|---|---|---|---|",
)
app = typer.Typer(help="What models may learn from.", invoke_without_command=True)


def registry() -> list[dict[str, str]]:
    """The rows of the registry, as they stand in the checkout."""
    with (settings().dbt_dir / "seeds" / "feature_registry.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _line(row: Row) -> str:
    window = f"{row['window_months']} m" if row["window_months"] else ""
    models = ", ".join(row["models"].split(";")) or "none · 无"
    protected = "**yes · 是**" if row["is_protected"] == "true" else ""
    meaning = f"{row['meaning_en']} · {row['meaning_zh']}"
    return f"| `{row['feature']}` | {meaning} | {window} | {protected} | {models} |"


def markdown(rows: Iterable[Row]) -> str:
    """The registry as a page: a table a unit, sorted by name."""
    known = sorted(rows, key=lambda row: row["feature"])
    parts = [PREFACE]
    for unit, title in UNITS.items():
        of_unit = [row for row in known if row["unit"] == unit]
        tables = ", ".join(sorted({f"`features.{row['table_name']}`" for row in of_unit}))
        parts.append(
            "\n".join([f"## {title}", "", f"{tables}, {len(of_unit)} features.", "", *HEAD, *map(_line, of_unit)])
        )
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


@app.callback()
@guarded
def show(
    model: Annotated[str | None, typer.Option(help=f"only what this model may learn from: {', '.join(MODELS)}")] = None,
) -> None:
    """Print the page, e.g. `ck features > docs/features.md`."""
    rows = registry()
    if model is not None:
        if model not in MODELS:
            raise typer.BadParameter(f"no such model; there are {', '.join(MODELS)}")
        rows = [row for row in rows if model in row["models"].split(";")]
    typer.echo(markdown(rows), nl=False)
