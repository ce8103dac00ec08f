"""The page of one model run: what it is for and not for, how good it was, whom it treats how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from customer_knowledge.profile import Profile
from customer_knowledge.warehouse.connections import Connection
from models_ml.cards import plots
from models_ml.churn.spec import SOON
from models_ml.common import artefacts
from models_ml.common.fairness import uneven

TITLES = {
    "churn": ("Chance to leave", "流失概率模型"),
    "value": ("Customer value", "客户价值模型"),
    "segmentation": ("Segments", "客群模型"),
    "next_product": ("Next best product", "下一最佳产品模型"),
}
LIMITS_EN = (
    "Made to decide whom to speak to and how to serve. Not for pricing, underwriting, or claims; no decision about a"
    " person may rest on it alone. Sex, age and region are not learnt from. Scores are of the portfolio it learnt from"
    " and of the horizon named."
)
LIMITS_ZH = (
    "用于决定联系谁、如何服务。不得用于定价、核保或理赔;不得仅凭评分对个人作出决定。训练不使用性别、年龄与地区。"
    "评分仅适用于其训练所用的业务与观察期。"
)
# What a page says its measures are of.
UNSEEN = ("Measured on rows it did not see", "样本外表现")
JUDGED = {"segmentation": ("How well the segments hold", "客群的质量与稳定性")}
OF_GROUPS = (
    *("rows", "rate", "mean_score", "expected_over_actual", "selected", "found", "success_1", "success_3"),
    *("A", "B", "C", "D"),
)
# What the columns of a report on fairness say, by one that is in it.
FAIRNESS = {
    "selected": "selected: share in the highest tenth; found: share of exits in it."
    " selected 为进入最高一成的比例,found 为退出者被捕获的比例。",
    "success_1": "rows: buyers of the year tested; success: share whose first one or three offers had what they bought."
    " rows 为检验年度的购买者;success 为前一项或前三项推荐命中的比例。",
    "D": "Share of each group that the value puts in each grade. 各组按价值所得等级的占比。",
}
NAMED = ("auc", "pr_auc", "brier", "log_loss", "expected_over_actual", "lift_10", "capture_10", "mae", "spearman")
RUN = (
    "select model_run_id, model_name, as_of_date, code_version, data_from, data_to, trained_rows, metrics, baseline,"
    " artefact_path from ml.model_run where model_run_id = %s"
)


def write(connection: Connection, profile: Profile, model_run_id: int) -> Path:
    """Write the card of a run beside its artefact.

    Returns:
        Where the page stands.

    Raises:
        LookupError: there is no such run.
    """
    row = connection.execute(RUN, (model_run_id,)).fetchone()
    if row is None:
        raise LookupError(f"no model run {model_run_id}")
    names = ("model_run_id", "model_name", "as_of_date", "code_version", "data_from", "data_to", "trained_rows")
    run = dict(zip(names, row[:7], strict=True))
    path = artefacts.folder(profile) / Path(str(row[9])).with_suffix(".html")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(profile, run, row[7], row[8]), encoding="utf-8")
    return path


def page(profile: Profile, run: dict[str, Any], metrics: dict[str, Any], baseline: dict[str, Any]) -> str:
    """The page as HTML that loads nothing from elsewhere.

    Args:
        profile: the insurer.
        run: the run's row without metrics and baseline.
        metrics, baseline: as recorded.
    """
    from jinja2 import Environment

    template = Path(__file__).with_name("card.html.j2").read_text(encoding="utf-8")
    model = str(run["model_name"])
    compared = {name: values for name, values in baseline.items() if isinstance(values, dict)}
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            model=model,
            title_en=TITLES[model][0],
            title_zh=TITLES[model][1],
            insurer=f"{profile.label_en} {profile.label_zh}",
            run=run,
            grade=metrics.get("grade"),
            tested=metrics.get("rows"),
            limits_en=LIMITS_EN,
            limits_zh=LIMITS_ZH,
            judged=JUDGED.get(model, UNSEEN),
            baselines=list(compared),
            measures=_measures(metrics, compared),
            plots=_plots(metrics, compared),
            tables=_tables(metrics, compared),
            features=metrics.get("used_features", []),
        )
    )


def _measures(metrics: dict[str, Any], baselines: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = [n for n, value in metrics.items() if isinstance(value, int | float) and not n.endswith(SOON)]
    ordered = [*(n for n in NAMED if n in numbers), *sorted(set(numbers) - set(NAMED))]
    return [
        {"name": name, "told": [_told(metrics[name]), *(_told(values.get(name)) for values in baselines.values())]}
        for name in ordered
    ]


def _told(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _plots(metrics: dict[str, Any], baselines: dict[str, Any]) -> list[dict[str, str]]:
    """What the run has to show: how it was judged, where its segments lie, how value is spread."""
    drawn = [*_judged(metrics, baselines), *_map(metrics.get("map")), *_spread(metrics.get("by_tenth"))]
    return [{"svg": svg, "en": en, "zh": zh} for svg, en, zh in drawn]


Drawn = tuple[str, str, str]


def _map(found: dict[str, Any] | None) -> list[Drawn]:
    if not found:
        return []
    names = [
        ", ".join(f"{'+' if weight > 0 else '−'}{name}" for name, weight in axis["weights"].items())
        for axis in found["axes"]
    ]
    places: dict[str, plots.Bubble] = {
        row["label"]: ((row["mean"][0], row["mean"][1]), (row["deviation"][0], row["deviation"][1]), row["share"])
        for row in found["segments"]
    }
    told = sum(axis["variance_told"] for axis in found["axes"])
    return [
        (
            plots.bubbles(places, x=names[0], y=names[1]),
            f"Map of the segments of persons: centre, one deviation around it, size; {told:.0%} of variance told.",
            f"个人客群分布图:中心、一个标准差的范围与规模;解释全部方差的 {told:.0%}。",
        )
    ]


def _spread(tenths: list[dict[str, float]] | None) -> list[Drawn]:
    if not tenths:
        return []
    rows = {
        f"{10 * number}-{10 * number + 10} %": (tenth["clv_p10"], tenth["clv"], tenth["clv_p90"])
        for number, tenth in enumerate(tenths)
    }
    share = tenths[0]["share_of_value"]
    return [
        (
            plots.spans(rows, label="clv"),
            f"Value by tenths of customers, highest first: mean, and p10 to p90. The first tenth holds {share:.0%}.",
            f"客户价值按十分位(由高到低):均值与 p10 至 p90 区间。最高一成占全部价值的 {share:.0%}。",
        )
    ]


def _judged(metrics: dict[str, Any], baselines: dict[str, Any]) -> list[Drawn]:
    """Reliability, gain and lift, where the model was judged by deciles."""
    if "deciles" not in metrics:
        return []
    with_deciles = {"model": metrics} | {n: v for n, v in list(baselines.items())[:2] if "deciles" in v}
    rows = max(1, int(metrics["rows"])) / 10
    reliability: dict[str, plots.Points] = {
        name: [(d["expected"] / rows, d["actual"] / rows) for d in values["deciles"]]
        for name, values in with_deciles.items()
    }
    gains: dict[str, plots.Points] = {name: _gain(values["deciles"]) for name, values in with_deciles.items()}
    lifts: dict[str, plots.Points] = {name: [(x, y / x) for x, y in line[1:]] for name, line in gains.items()}
    drawn = (
        (
            plots.lines(reliability, x="expected 预期", y="happened 实际", diagonal=True),
            "Reliability: expected and actual share of exits by decile of the score.",
            "可靠性图:按评分十分位的预期与实际退出率。",
        ),
        (
            plots.lines(gains, x="share contacted 联系比例", y="exits found 捕获比例", diagonal=True),
            "Gain: share of all exits among those with the highest scores.",
            "增益曲线:高分客户中捕获的退出占比。",
        ),
        (
            plots.lines(lifts, x="share contacted 联系比例", y="lift 提升倍数"),
            "Lift: how many times more exits than by chance.",
            "提升图:相对随机的倍数。",
        ),
    )
    heaviest = sorted(metrics.get("importance", {}).items(), key=lambda item: -item[1])
    weights = plots.bars(dict(heaviest), label="mean absolute effect")
    weigh = (
        weights,
        "What weighs most: mean absolute effect on the log of the chance.",
        "影响最大的特征:对概率对数的平均绝对影响。",
    )
    return [*drawn, weigh]


def _gain(deciles: list[dict[str, Any]]) -> list[tuple[float, float]]:
    total = sum(d["actual"] for d in deciles) or 1.0
    found, line = 0.0, [(0.0, 0.0)]
    for number, decile in enumerate(reversed(deciles), start=1):
        found += decile["actual"]
        line.append((number / 10, found / total))
    return line


def _tables(metrics: dict[str, Any], baselines: dict[str, Any]) -> list[dict[str, Any]]:
    """Deciles, horizons, causes, earlier years and fairness, each where the run has it."""
    found = []
    kept: tuple[str, ...]
    if "deciles" in metrics:
        by_decile = {str(number): decile for number, decile in enumerate(metrics["deciles"], start=1)}
        note = (
            "Lowest scores first. low, high: 95 % interval of expected over actual: few exits leave it wide."
            " 按评分由低到高;low、high 为预期与实际之比的 95 % 区间,退出数越少区间越宽。"
        )
        kept = ("expected", "actual", *(f"expected_over_actual{end}" for end in ("", "_low", "_high")))
        found.append(_table("Calibration by decile", "十分位校准", note, kept, by_decile))
    soon = {n: v for n, v in {"This model 本模型": metrics, **baselines}.items() if f"rows{SOON}" in v}
    if soon:
        kept = ("rows", "rate", "auc", "brier", "expected_over_actual", "lift_10")
        shown = {name: {column: values.get(f"{column}{SOON}") for column in kept} for name, values in soon.items()}
        note = "The same rows, judged by who left within three months. 同一样本按三个月内退出评估。"
        found.append(_table("Three months", "三个月期", note, kept, shown))
    if metrics.get("causes"):
        note = "Exits within the horizon by what came first. 观察期内按首个原因计的退出数。"
        found.append(_table("By cause", "按退出原因", note, ("expected", "actual"), metrics["causes"]))
    if metrics.get("walk_forward"):
        by_origin = {row["train_until"]: row for row in metrics["walk_forward"]}
        note = "Learnt from what was known until the date, judged by the year after. 以该日前数据训练,以其后一年检验。"
        kept = ("rows", "auc", "brier", "expected_over_actual")
        found.append(_table("From earlier years", "逐年回测", note, kept, by_origin))
    for group, parts in (metrics.get("fairness") or {}).items():
        kept = tuple(name for name in OF_GROUPS if name in next(iter(parts.values()), ()))
        note = "Read for this report only. 仅供本报告。 " + next(
            said for word, said in FAIRNESS.items() if word in kept
        )
        if off := ", ".join(f"{name} {ratio:.2f}" for name, ratio in uneven({group: parts}).items()):
            note += f" Level far off, do not act on it alone: {off}. 预期与实际相差过大,不宜单独据此行动:{off}。"
        found.append(_table(f"Fairness by {group}", f"公平性({group})", note, kept, parts))
    return found


def _table(en: str, zh: str, note: str, kept: tuple[str, ...], rows: dict[str, Any]) -> dict[str, Any]:
    told = [[name, *(_told(values.get(column)) for column in kept)] for name, values in rows.items()]
    return {"en": en, "zh": zh, "note": note, "head": ["", *kept], "rows": told}
