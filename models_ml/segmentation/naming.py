"""Names for groups: the features in which each differs most from all, in words, in both languages."""

from __future__ import annotations

from models_ml.common.metrics import Floats
from models_ml.segmentation.spec import PHRASES

MOST_WORDS = 4
ORDINARY = ("Average", "普通客户")


def labels(names: tuple[str, ...], centres: Floats, least: float) -> list[tuple[str, str]]:
    """A distinct (English, Chinese) label for each centre.

    Two phrases each, strongest first; where two groups would be called the same, both get one phrase more, then a
    number.

    Args:
        names: (features,) of the columns of `centres`.
        centres: (groups, features) in standard deviations from the mean.
        least: differences smaller than this name nothing.
    """
    chosen: list[tuple[str, str]] = []
    for words in range(2, MOST_WORDS + 1):
        chosen = [_label(names, centre, least, words) for centre in centres]
        if len(set(chosen)) == len(chosen):
            return chosen
    seen: dict[tuple[str, str], int] = {}
    numbered = []
    for label in chosen:
        seen[label] = seen.get(label, 0) + 1
        suffix = f" {seen[label]}" if seen[label] > 1 else ""
        numbered.append((label[0] + suffix, label[1] + suffix))
    return numbered


def _label(names: tuple[str, ...], centre: Floats, least: float, words: int) -> tuple[str, str]:
    spoken_of = [i for i in range(len(names)) if centre[i] > 0 or PHRASES[names[i]].less_en]
    strongest = sorted(spoken_of, key=lambda i: (-abs(float(centre[i])), names[i]))
    english, chinese = [], []
    for i in strongest[:words]:
        if abs(float(centre[i])) < least:
            break
        phrase = PHRASES[names[i]]
        more = centre[i] > 0
        english.append(phrase.more_en if more else phrase.less_en)
        chinese.append(phrase.more_zh if more else phrase.less_zh)
    if not english:
        return ORDINARY
    sentence = ", ".join(english)
    return sentence[0].upper() + sentence[1:], "、".join(chinese)
