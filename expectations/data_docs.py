"""Great Expectations' Data Docs of the last run of each gate: pages that load nothing from elsewhere."""

from __future__ import annotations

import html
import os
import re
import shutil
from pathlib import Path
from typing import Any

_ELSEWHERE = (
    # Scripts are of no use without the libraries that they would fetch.
    re.compile(r"<script.*?</script>", re.IGNORECASE | re.DOTALL),
    re.compile(r"<(?:link|img)[^>]+(?:href|src)=[\"']https?://[^>]*>", re.IGNORECASE),
    re.compile(r"url\([\"']?https?://[^)]*\)", re.IGNORECASE),
    # The invitation to a newsletter at the foot of every page.
    re.compile(r"<a[^>]+href=[\"']https?://[^>]*>.*?</a>", re.IGNORECASE | re.DOTALL),
    re.compile(r"Stay current on everything GX with our newsletter"),
)
STYLE = """<meta charset="utf-8"><style>
body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem } img, svg { max-height: 2.5rem }
td, th { border-bottom: 1px solid #ddd; padding: .4rem .6rem; text-align: left; vertical-align: top }
.modal, .popover, .cooltip, .walkthrough-links, .navbar-brand { display: none } ul { padding-left: 1.2rem }
</style>"""


def write(context: Any, gate: str, folder: Path) -> None:
    """Write the pages of the context's one run under folder/<gate>, in place of the run before.

    Args:
        context: a Great Expectations context that holds one run.
        gate: name of the gate.
        folder: where all gates' pages stand; its index.html lists them.
    """
    fresh = folder / f".{gate}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    context.add_data_docs_site(
        site_name=gate,
        site_config={
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(fresh),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    context.build_data_docs(site_names=[gate])
    shutil.rmtree(fresh / "static" / "images", ignore_errors=True)
    for page in fresh.rglob("*.html"):
        page.write_text(self_contained(page.read_text(encoding="utf-8")), encoding="utf-8")
    _swap(fresh, folder / gate)
    _index(folder)


def self_contained(page: str) -> str:
    """The page without anything that a browser would fetch from another host, and with a plain style."""
    for pattern in _ELSEWHERE:
        page = pattern.sub("", page)
    return page.replace("</head>", f"{STYLE}</head>", 1)


def _swap(fresh: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    fresh.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _index(folder: Path) -> None:
    gates = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    items = "".join(f'<li><a href="{html.escape(g)}/index.html">{html.escape(g)}</a></li>' for g in gates)
    title = "Gates: last run / 闸门：最近一次运行"
    page = f"<html><head><title>{title}</title>{STYLE}</head><body><h1>{title}</h1><ul>{items}</ul></body>"
    part = folder / f".index.{os.getpid()}.part"  # two gates may end at once
    part.write_text(page + "</html>\n", encoding="utf-8")
    part.replace(folder / "index.html")
