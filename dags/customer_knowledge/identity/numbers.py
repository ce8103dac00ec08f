"""Identity numbers as they should be: 18 characters with the right check character, or not a number at all."""

from __future__ import annotations

import re
from datetime import date

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_NOISE = re.compile(r"[^0-9A-Z]")


def plain(text: str) -> str:
    """Letters and digits only, upper case."""
    return _NOISE.sub("", text.upper())


def resident_check(first_17: str) -> str:
    """Check character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first_17, strict=True)) % 11]


def credit_check(first_17: str) -> str:
    """Check character of a unified social credit code (GB 32100-2015, MOD 31)."""
    total = sum(
        weight * CREDIT_ALPHABET.index(character) for weight, character in zip(CREDIT_WEIGHTS, first_17, strict=True)
    )
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def born(number: str) -> date | None:
    """Birth date inside a resident number of 18 characters; None where it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def resident(text: str) -> str | None:
    """The resident identity number of 18 characters that a text is, old ones of 15 digits lengthened; else None."""
    number = plain(text)
    if len(number) == 15 and number.isdigit():
        stem = f"{number[:6]}19{number[6:]}"
        number = stem + resident_check(stem)
    if len(number) != 18 or not number[:17].isdigit() or born(number) is None:
        return None
    return number if resident_check(number[:17]) == number[17] else None


def credit(text: str) -> str | None:
    """The unified social credit code that a text is; else None."""
    code = plain(text)
    if len(code) != 18 or any(character not in CREDIT_ALPHABET for character in code):
        return None
    return code if credit_check(code[:17]) == code[17] else None
