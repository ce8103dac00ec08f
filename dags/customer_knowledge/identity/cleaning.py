"""Parties as they can be compared: numbers checked, names spelt and sounded, phones and addresses levelled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import pandas as pd
import pypinyin

from customer_knowledge.identity import numbers
from customer_knowledge.identity.hashing import combined

READ = (
    "party_key", "source_system", "party_id", "party_type", "name", "id_type", "id_number", "credit_code", "birth_date",
    "sex", "phone", "city", "address", "known_on",
)  # fmt: skip
BLOCK_LIMIT = 100
"""A value that more parties share than this says nothing and is not compared by: cost stays linear."""
BLOCKS = {
    "block_phone": ("kind", "phone"),
    "block_birth": ("birth", "surname"),
    "block_name": ("sounds", "city"),
    "block_year": ("sounds", "year"),
    "block_address": ("address", "surname"),
    "block_core": ("core",),
    "block_fancy": ("fancy", "city"),
}
_LEGAL_FORM = re.compile(r"(股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|集团|公司|厂)$")
_SPACE = re.compile(r"[\s·.,,。、()（）-]+")


def levelled(text: str) -> str:
    """Full-width characters made narrow, spaces and punctuation gone, upper case."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).upper()


def digits(text: str) -> str | None:
    """A phone number without country code and punctuation; None where too few digits are left."""
    found = re.sub(r"\D", "", text)
    if len(found) == 13 and found.startswith("86"):
        found = found[2:]
    return found if len(found) >= 7 else None


@cache
def sound(character: str) -> str:
    """How a character sounds, without tone."""
    return str(pypinyin.lazy_pinyin(character)[0])


def sounds(name: str) -> str:
    """How a name sounds, character by character."""
    return " ".join(map(sound, name))


def variants(name: str) -> list[str]:
    """A name and what is left when one character is missing; two names a slip apart share one of these."""
    shorter = {name[:i] + name[i + 1 :] for i in range(len(name))} if len(name) > 2 else set()
    return sorted({name} | shorter)


def core_name(name: str, city: str | None) -> str:
    """A company's name without legal form and the city in front."""
    core = _LEGAL_FORM.sub("", name)
    for prefix in (city or "", (city or "").removesuffix("市")):
        if prefix and core.startswith(prefix) and len(core) - len(prefix) >= 2:
            core = core.removeprefix(prefix)
    return core


def each(values: pd.Series[Any], function: Callable[[str], Any]) -> pd.Series[Any]:
    """A function of every different text, None for missing ones; called once for each text."""
    found = values.map({text: function(text) for text in values.dropna().unique()}).astype(object)
    return found.where(found.notna(), None)


def clean(parties: pd.DataFrame) -> pd.DataFrame:
    """Parties with what they are compared by.

    Args:
        parties: one row a party, columns of `READ`, all text, None or NaN where missing.

    Returns:
        One row a party in order of `party_key`: `kind` (person, enterprise), `number` (a valid identity number or
        credit code, which only one person or enterprise has), `document` (any other number), names, sounds, phone,
        birth dates (`birth` as recorded, else from the number), block keys.
    """
    table = parties.sort_values("party_key", kind="stable", ignore_index=True).astype(object)
    table = table.where(table.notna(), None)
    table["kind"] = table["party_type"]
    company = table["kind"] == "enterprise"
    resident = each(table["id_number"], numbers.resident).where(~company, None)
    credit = each(table["credit_code"], numbers.credit).where(company, None)
    table["number"] = resident.where(~company, credit)
    written = each(table["id_number"].where(~company, table["credit_code"]), numbers.plain)
    table["document"] = written.where(table["number"].isna() & (written.str.len() >= 6), None)
    table["name"] = each(table["name"], levelled).replace("", None)
    table["phone"] = each(table["phone"], digits)
    table["address"] = each(table["address"], levelled).replace("", None)
    table["birth_recorded"] = each(table["birth_date"], lambda text: text.replace("-", ""))
    table["birth"] = table["birth_recorded"].where(table["birth_recorded"].notna(), each(resident, lambda n: n[6:14]))
    table["birth_swapped"] = each(table["birth"], lambda text: text[:4] + text[6:] + text[4:6])
    by_number = each(resident, lambda number: "M" if int(number[16]) % 2 else "F")
    table["sex"] = table["sex"].where(table["sex"].notna(), by_number)
    people, firms = table["name"].where(~company, None), table["name"].where(company, None)
    table["sounds"] = each(people, sounds)
    table["surname"] = each(table["sounds"], lambda text: text.split(" ")[0])
    table["letters"] = each(people, lambda name: "".join(sorted(name)))
    table["variants"] = each(people, variants)
    cores = [core_name(n, c) if isinstance(n, str) else None for n, c in zip(firms, table["city"], strict=True)]
    table["core"] = pd.Series(cores, index=table.index, dtype=object)
    table["fancy"] = each(table["core"], lambda core: core[:4])
    return _blocks(table)


def _blocks(table: pd.DataFrame) -> pd.DataFrame:
    """Keys by which parties come to be compared, as numbers."""
    table["year"] = each(table["birth"], lambda text: text[:4])
    return table.assign(**combined(table, BLOCKS))


def uncrowded(table: pd.DataFrame, crowded: Collection[int] | None = None) -> pd.DataFrame:
    """The table without block keys that too many share.

    Args:
        table: cleaned parties.
        crowded: these keys; None to count, where the table has all parties.
    """
    kept = {}
    for name in BLOCKS:
        key = table[name]
        over = key.groupby(key, sort=False).transform("size") > BLOCK_LIMIT if crowded is None else key.isin(crowded)
        kept[name] = key.mask(over.fillna(value=False).astype(bool))
    return table.assign(**kept)
