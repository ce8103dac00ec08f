"""The page of a gate's last run: every check in words, what became of it, and the way to Great Expectations' pages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from expectations.data_docs import STYLE
from expectations.results import CheckResult, GateReport

SEVERITIES = {"stop": "closes the gate 关闭闸门", "quarantine": "row set apart 行隔离", "warn": "warning 提示"}
FAILED = {
    "stop": ("closes the gate 关闭闸门", "closes"),
    "quarantine": ("set apart 已隔离", "apart"),
    "warn": ("warned 已提示", "apart"),
}
OTHERWISE = {
    "passed": ("holds 满足", ""),
    "errored": ("could not be judged 无法判定", "closes"),
    "nothing_new": ("nothing new 无新数据", "quiet"),
}
WEIGHT = ("closes", "apart", "", "quiet")


def write(report: GateReport, folder: Path) -> None:
    """Write the page as the index of the gate's Data Docs, in place of theirs, which needs scripts to list anything.

    Args:
        report: what the gate found.
        folder: where all gates' pages stand.
    """
    from jinja2 import Environment

    place = folder / report.gate
    place.mkdir(parents=True, exist_ok=True)
    template = Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8")
    found = sorted(report.results, key=lambda r: (WEIGHT.index(outcome(r)[1]), r.asset, r.check_id))
    page = (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            report=report,
            style=STYLE,
            counts=Counter(outcome(r)[0] for r in found),
            rows=[
                {
                    "asset": r.asset,
                    "check": r.check_id,
                    "en": r.sentence_en,
                    "zh": r.sentence_zh,
                    "named": ", ".join(r.named),
                    "severity": SEVERITIES[r.severity],
                    "evaluated": r.evaluated,
                    "failed": r.failed,
                    "outcome": outcome(r)[0],
                    "style": outcome(r)[1],
                    # What was not judged has at most the page of a run before.
                    "link": None if r.status == "errored" else _found_by_gx(place, r.asset),
                }
                for r in found
            ],
        )
    )
    part = place / ".index.part"
    part.write_text(page, encoding="utf-8")
    part.replace(place / "index.html")


def outcome(r: CheckResult) -> tuple[str, str]:
    """What became of a check, in words of both languages, and how its row is shown."""
    return FAILED[r.severity] if r.status == "failed" else OTHERWISE[r.status]


def _found_by_gx(place: Path, asset: str) -> str | None:
    """The page of the asset's validation, relative to the gate's; None where nothing was asked."""
    pages = sorted((place / "validations" / asset).rglob("*.html"))
    return pages[-1].relative_to(place).as_posix() if pages else None
