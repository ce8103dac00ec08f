"""Taking row values out of what PostgreSQL and dbt say about an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# PostgreSQL's lines that quote a row; a value with a line break goes on until one of dbt's own lines.
_QUOTING = re.compile(r"\s*(DETAIL|CONTEXT):")
_OWN_LINE = re.compile(r"\d{2}:\d{2}:\d{2}  |\s*compiled code at ")
# `invalid input syntax for type date: "31/02"` and its kin quote the value itself.
_QUOTED_VALUE = re.compile(r'(invalid|malformed|out of range|too long|cannot)([^"]*): ".*$')


def scrubbed(lines: Iterable[str]) -> Iterator[str]:
    """The lines without those, or the parts of those, that quote rows."""
    is_quoting = False
    for raw in lines:
        line = raw.rstrip("\n")
        if _QUOTING.match(line):
            is_quoting = True
        elif is_quoting and _OWN_LINE.match(line):
            is_quoting = False
        if not is_quoting:
            yield _QUOTED_VALUE.sub(r'\1\2: "…"', line)
