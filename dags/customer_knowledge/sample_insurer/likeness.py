"""Who is taken for whom: families and twins that look alike, names misspelt, people who are on file twice."""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer import identity, names
from customer_knowledge.sample_insurer.accounts import numbered
from customer_knowledge.sample_insurer.catalogue import ENTERPRISE
from customer_knowledge.sample_insurer.columns import NO_DAY, Array, Columns, Rng, moments, rows, stack, take
from customer_knowledge.sample_insurer.spec import Confusing

_HOMOPHONE = {c: group[(i + 1) % len(group)] for group in names.SOUND_ALIKE for i, c in enumerate(group)}
_EXTRA = "小子文晓志"


def families(spec: Confusing, rng: Rng, people: Columns) -> None:
    """Relatives live with their holder and use his or her phone; some holders are twins. Changes `people`."""
    relative = np.flatnonzero(people["relation"] != "self")
    head = people["household"][relative]
    child = people["relation"][relative] == "child"
    home = rng.random(len(relative)) < spec.shared_address
    phone = rng.random(len(relative)) < np.where(child, spec.child_phone, spec.spouse_phone)
    people["address"][relative[home]] = people["address"][head[home]]
    people["phone"][relative[phone]] = people["phone"][head[phone]]
    for elder, younger in _twins(spec, rng, people):
        for column in ("birth_date", "sex", "place", "province", "city", "branch"):
            people[column][younger] = people[column][elder]
        people["name"][younger] = _sibling_name(rng, people["name"][elder], people["sex"][elder])
        if rng.random() < spec.twin_shares:
            people["address"][younger] = people["address"][elder]
            people["phone"][younger] = people["phone"][elder]
    resident = np.flatnonzero(people["id_type"] == "resident_id")
    area = np.array(names.PLACES, dtype=object)[people["place"][resident]][:, 2]
    people["id_number"][resident] = identity.resident_ids(area, people["birth_date"][resident], people["sex"][resident])


def _twins(spec: Confusing, rng: Rng, people: Columns) -> list[tuple[int, int]]:
    """Pairs of holders of one segment, born within two years of each other, who are to be twins."""
    holders = np.flatnonzero((people["relation"] == "self") & (people["segment"] != ENTERPRISE))
    order = holders[np.lexsort((people["birth_date"][holders], people["segment"][holders]))]
    wanted = max(1, round(len(holders) * spec.twin_share / 2))
    # Every chosen place in the order pairs with the next one, so no holder is in two pairs.
    at = rng.choice(len(order) // 2, size=min(wanted, len(order) // 2), replace=False) * 2
    pairs = [(int(order[i]), int(order[i + 1])) for i in np.sort(at)]
    born = people["birth_date"]
    alike = people["segment"]
    near = np.timedelta64(730, "D")
    return [(a, b) for a, b in pairs if alike[a] == alike[b] and abs(born[a] - born[b]) < near]


def _sibling_name(rng: Rng, name: str, sex: str) -> str:
    """The same surname and first given character; another second one."""
    pool = [c for c in (names.MALE if sex == "M" else names.FEMALE) if c not in name]
    return name[:2] + str(pool[int(rng.integers(len(pool)))])


def misheard(rng: Rng, name: str) -> str:
    """A person's name as somebody else writes it: another character of that sound, one left out, added or swapped."""
    able = [i for i, c in enumerate(name) if c in _HOMOPHONE]
    way = rng.random()
    if way < 0.55 and able:
        at = able[int(rng.integers(len(able)))]
        return name[:at] + _HOMOPHONE[name[at]] + name[at + 1 :]
    if len(name) < 3:
        return name[0] + _EXTRA[int(rng.integers(len(_EXTRA)))] + name[1:]
    if way < 0.75:
        return name[:-1] if way < 0.65 else name[0] + name[2:]
    if way < 0.85 and name[1] != name[2]:
        return name[0] + name[2] + name[1]
    return name + _EXTRA[int(rng.integers(len(_EXTRA)))]


def abbreviated(rng: Rng, name: str, city: str) -> str:
    """A company's name as people say it: without legal form, city or trade."""
    short = name.removesuffix("有限公司")
    way = rng.random()
    if way < 0.35:
        return short
    fancy = short.removeprefix(city.removesuffix("市"))
    return fancy if way < 0.7 else fancy[:4] + "公司"


def mistyped(rng: Rng, day: np.datetime64) -> np.datetime64:
    """A birth date with day and month swapped, another decade, or a day off."""
    year, month, number = (int(part) for part in str(day).split("-"))
    if number <= 12 and number != month and rng.random() < 0.5:
        return np.datetime64(f"{year:04d}-{number:02d}-{month:02d}")
    if rng.random() < 0.5:
        return np.datetime64(f"{year - (10 if year > 1950 else -10):04d}-{month:02d}-{min(number, 28):02d}")
    return np.datetime64(f"{year:04d}-{month:02d}-{number + (1 if number < 28 else -1):02d}")


def contacts(spec: Confusing, rng: Rng, table: Columns, people: Columns) -> None:
    """The CRM's version of names and birth dates. Changes `table`."""
    person = table["person"]
    known = person >= 0
    company = known & (table["segment"] == ENTERPRISE)
    unnumbered = known & (table["id_number"] == None) & ~company  # noqa: E711 — elementwise
    # Who left no number was asked for the birth date.
    asked = unnumbered & (rng.random(rows(table)) < spec.birth_date_asked)
    table["birth_date"] = np.where(asked, people["birth_date"][np.maximum(person, 0)], table["birth_date"])
    wrong_name = rng.random(rows(table)) < np.where(company, spec.enterprise_abbreviated, spec.contact_misspelt)
    for at in np.flatnonzero(wrong_name & known):
        name, city = str(table["name"][at]), str(table["city"][at])
        table["name"][at] = abbreviated(rng, name, city) if company[at] else misheard(rng, name)
    wrong_day = (rng.random(rows(table)) < spec.birth_date_mistyped) & ~np.isnat(table["birth_date"])
    for at in np.flatnonzero(wrong_day):
        table["birth_date"][at] = mistyped(rng, table["birth_date"][at])


def second_files(spec: Confusing, rng: Rng, bought: Columns, party: Columns) -> tuple[Columns, Array]:
    """People whose later policies were written on a second party.

    Args:
        spec: how many, and in which ways the second differs from the first.
        rng: the room's generator.
        bought: policies in order of issue.
        party: table party, one row a person; `person` is a position in people.

    Returns:
        Table party with the second rows below, `is_second` beside it, and for each policy the second party's id
        of its holder (0: it stands on the first).
    """
    size = rows(party)
    of_person = np.full(int(party["person"].max()) + 1, -1)
    of_person[party["person"]] = np.arange(size)
    turn = _turns(bought["holder"])
    twice = rng.random(size) < spec.on_file_twice
    home = of_person[bought["holder"]]
    later = np.flatnonzero((turn > 0) & twice[home] & (party["party_type"][home] == "person"))
    first_row, at, index = np.unique(home[later], return_index=True, return_inverse=True)
    second = take(party, first_row)
    second["recorded_on"] = bought["recorded_on"][later[at]]
    second["party_id"] = numbered(second["recorded_on"], int(party["party_id"].max()) + 1)
    _differ(spec, rng, second)
    number = np.zeros(rows(bought), dtype=np.int64)
    number[later] = second["party_id"][index]
    party = party | {"is_second": np.zeros(size, dtype=bool)}
    second |= {
        "is_second": np.ones(len(first_row), dtype=bool),
        "updated_at": moments(rng, second["recorded_on"]),
    }
    return stack([party, second]), number


def _turns(holder: Array) -> Array:
    """How many policies of the same holder stand before each."""
    order = np.argsort(holder, kind="stable")
    _, first, size = np.unique(holder[order], return_index=True, return_counts=True)
    turn = np.empty(len(holder), dtype=np.int64)
    turn[order] = np.arange(len(holder)) - np.repeat(first, size)
    return turn


def _differ(spec: Confusing, rng: Rng, second: Columns) -> None:
    """The second file has the old number of 15 digits, none, or another document; another phone, another spelling."""
    size = rows(second)
    way, old_phone, moved = rng.random(size), rng.random(size) < 0.5, rng.random(size) < 0.5
    second["phone"] = np.where(old_phone, names.mobiles(rng, size), second["phone"])
    second["address"] = np.where(moved, names.addresses(rng, second["city"]), second["address"])
    misspelt, mistype = rng.random(size) < spec.contact_misspelt, rng.random(size) < spec.birth_date_mistyped
    for at in range(size):
        old_number = second["id_type"][at] == "resident_id" and second["birth_date"][at] < np.datetime64("2000-01-01")
        if way[at] < 0.4 and old_number:
            number = str(second["id_number"][at])
            second["id_number"][at], second["id_type"][at] = number[:6] + number[8:17], "resident_id_15"
            continue
        given = way[at] > 0.85
        second["id_number"][at] = f"G{int(rng.integers(10**8)):08d}" if given else None
        second["id_type"][at] = "passport" if given else None
        if misspelt[at]:
            second["name"][at] = misheard(rng, str(second["name"][at]))
        if mistype[at] and second["birth_date"][at] != NO_DAY:
            second["birth_date"][at] = mistyped(rng, second["birth_date"][at])
