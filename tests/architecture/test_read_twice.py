"""What is read more than once is not copied unasked.

PostgreSQL copies a CTE that is used twice to a place of its own, whole, before anything picks rows of it: of a table
that has an index a build of changes then pays for every row. A CTE that reads one stored table and is used twice says
`as not materialized (`, or `as materialized (` where rows were worked for and the copy is meant.
"""

from __future__ import annotations

import re
from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
CTE = re.compile(r"(?:^|(?<=\n)|with |recursive )\s*(?P<name>\w+) as (?P<said>(?:not )?materialized )?\(\n")
READ = re.compile(r"\{\{ ref\('(\w+)'\) \}\}|(before_this_build)\(")


def is_table(text: str, layer: str) -> bool:
    """Whether a model is stored, by what its file says; staging and intermediate are views unless told otherwise."""
    return layer not in ("staging", "intermediate") or "built_by(" in text or "materialized='table'" in text


def body(text: str, begins: int) -> str:
    """What stands between a parenthesis that is open and its end."""
    depth, at = 1, begins
    while depth:
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[begins : at - 1]


def unsaid(text: str, tables: set[str]) -> list[str]:
    """CTEs that read one stored table and nothing else, are used more than once, and say nothing."""
    found = []
    for cte in CTE.finditer(text):
        name, inside = cte["name"], body(text, cte.end())
        read = [before or model for model, before in READ.findall(inside)]
        uses = len(re.findall(rf"(?:from|join) {name}\b|\{{\{{ (?!ref)[^}}]*'{name}'", text))
        alone = len(read) == 1 and " join " not in inside
        if uses > 1 and alone and (read[0] in tables or read[0] == "before_this_build") and not cte["said"]:
            found.append(name)
    return found


def test_tables_read_twice_say_how() -> None:
    files = {path.stem: path for path in MODELS.rglob("*.sql")}
    texts = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    tables = {name for name, path in files.items() if is_table(texts[name], path.relative_to(MODELS).parts[0])}
    assert len(tables) > 80
    silent = {name: said for name, text in texts.items() if (said := unsaid(text, tables))}
    assert silent == {}


def test_silence_is_heard() -> None:
    once = "with a as (\n    select x, lag(x) over () from {{ ref('t') }}\n),\n\nfinal as (\n    select * from a\n)\n"
    twice = once.replace("select * from a", "select a.* from a inner join a as b on a.k = b.k")
    assert unsaid(once, {"t"}) == []
    assert unsaid(twice, {"t"}) == ["a"]
    assert unsaid(twice, {"other"}) == []
    assert unsaid(twice.replace("a as (", "a as not materialized (", 1), {"t"}) == []
    before = twice.replace(
        "select x, lag(x) over () from {{ ref('t') }}", "{{ before_this_build('core', 'u', ['x']) }}"
    )
    assert unsaid(before, set()) == ["a"]
