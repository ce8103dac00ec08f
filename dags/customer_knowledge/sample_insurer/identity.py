"""Identity numbers with the right check characters, of people and companies that cannot exist.

The area codes end in 99, which is assigned to no district, so that no number can be a living person's.
"""

from __future__ import annotations

import numpy as np

from customer_knowledge.sample_insurer.columns import Array, zero_filled

RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
RESIDENT_CHECKS = np.array(list("10X98765432"))
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_CHECKS = np.array(list("0123456789X"))


def _place_values(texts: Array, alphabet: str) -> Array:
    """Shape (rows, characters): the value of each character in the alphabet."""
    table = np.zeros(128, dtype=np.int64)
    for value, character in enumerate(alphabet):
        table[ord(character)] = value
    width = texts.dtype.itemsize // 4
    codes = np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), width)
    return np.asarray(table[codes])


def _running_number(group: Array) -> Array:
    """Within each group 0, 1, 2, … in order of position."""
    order = np.argsort(group, kind="stable")
    _, first, size = np.unique(group[order], return_index=True, return_counts=True)
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group)) - np.repeat(first, size)
    return number


def resident_check(first_17: Array) -> Array:
    """Check character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = _place_values(first_17, "0123456789") @ np.array(RESIDENT_WEIGHTS)
    return np.asarray(RESIDENT_CHECKS[total % 11])


def resident_ids(area: Array, birth: Array, sex: Array) -> Array:
    """Identity numbers of 18 characters, no two alike: area, birth date, sequence (odd for men), check.

    Args:
        area: four digits of province and prefecture, as text.
        birth: birth dates.
        sex: 'M' or 'F'.
    """
    day = np.char.replace(np.datetime_as_string(birth, unit="D"), "-", "")
    stem = np.char.add(np.char.add(area.astype("U4"), "99"), day)
    man = (sex == "M").astype(np.int64)
    _, group = np.unique(np.char.add(stem, man.astype("U1")), return_inverse=True)
    start = birth.astype(np.int64) * 7 % 400
    sequence = ((start + _running_number(group)) % 500) * 2 + man
    first_17 = np.char.add(stem, zero_filled(sequence, 3)).astype("U17")
    return np.char.add(first_17, resident_check(first_17)).astype(object)


def organisation_check(first_8: Array) -> Array:
    """Check character of an organisation code (GB 11714-1997, MOD 11)."""
    total = _place_values(first_8, "0123456789") @ np.array(ORGANISATION_WEIGHTS)
    return np.asarray(ORGANISATION_CHECKS[(11 - total % 11) % 11])


def credit_check(first_17: Array) -> Array:
    """Check character of a unified social credit code (GB 32100-2015, MOD 31)."""
    total = _place_values(first_17, CREDIT_ALPHABET) @ np.array(CREDIT_WEIGHTS)
    return np.asarray(np.array(list(CREDIT_ALPHABET))[(31 - total % 31) % 31])


def credit_codes(area: Array, number: Array) -> Array:
    """Unified social credit codes of 18 characters; `number` tells companies apart (up to eight digits)."""
    organisation = zero_filled(number, 8)
    organisation = np.char.add(organisation, organisation_check(organisation))
    # The organisation part may end in X, which the outer alphabet has too.
    first_17 = np.char.add(np.char.add(np.char.add("91", area.astype("U4")), "99"), organisation).astype("U17")
    return np.char.add(first_17, credit_check(first_17)).astype(object)
