"""Latent classes: groups of customers who share their habits, whatever their size.

A customer of class k says word w of an aspect with probability θ_kw, independently (a mixture of products of
multinomials; McCutcheon 1987, *Latent Class Analysis*); fitted by expectation-maximisation (Dempster, Laird, Rubin
1977). Counts and
words are compared as they are, so nobody has to say how far a branch visit is from an app login.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.common.blocks import at_once
from models_ml.common.encoding import Matrix
from models_ml.common.metrics import Floats

Groups = NDArray[np.int64]
SMOOTHING = 0.5  # counts added to every word of every class
MOST_STEPS = 300
ENOUGH = 1e-7  # relative gain in log-likelihood below which it has converged


@dataclass(frozen=True)
class LatentClasses:
    """Shares of the classes (classes,) and the logarithms of their words (classes, words) for each aspect."""

    shares: Floats
    log_words: list[Floats]

    def log_joint(self, blocks: list[Matrix]) -> Floats:
        """Log of class share times likelihood: (rows, classes)."""
        joint = np.tile(np.log(self.shares), (len(blocks[0]), 1))
        for block, words in zip(blocks, self.log_words, strict=True):
            joint += block @ words.T
        return np.asarray(joint)

    def members(self, blocks: list[Matrix]) -> tuple[Groups, Floats]:
        """Most probable class of each row from 0 (rows,), and its probability (rows,)."""
        weights, _ = _normalised(self.log_joint(blocks))
        return weights.argmax(axis=1).astype("int64"), weights.max(axis=1)

    def bic(self, blocks: list[Matrix]) -> float:
        """Bayesian information criterion (Schwarz 1978), smaller is better; multinomial coefficients left out."""
        _, log_likelihood = _normalised(self.log_joint(blocks))
        free = len(self.shares) * sum(block.shape[1] - 1 for block in blocks) + len(self.shares) - 1
        return float(-2.0 * log_likelihood + free * np.log(len(blocks[0])))

    def in_order(self, order: Groups) -> LatentClasses:
        """The same classes, numbered otherwise."""
        return LatentClasses(self.shares[order], [words[order] for words in self.log_words])

    def to_artefact(self) -> dict[str, Any]:
        """Plain values to be stored."""
        return {"shares": self.shares.tolist(), "log_words": [words.tolist() for words in self.log_words]}

    @classmethod
    def from_artefact(cls, stored: dict[str, Any]) -> LatentClasses:
        """The classes from their stored values."""
        return cls(np.asarray(stored["shares"]), [np.asarray(words) for words in stored["log_words"]])


def fit(blocks: list[Matrix], count: int, seed: int, starts: int) -> LatentClasses:
    """The likeliest classes of several random starts.

    Args:
        blocks: counts for each aspect, (rows, words).
        count: classes.
        seed: of the starts.
        starts: how many.
    """
    found = at_once([partial(_climb, blocks, count, [seed, count, start]) for start in range(starts)])
    return max(found, key=lambda each: each[1])[0]


def _climb(blocks: list[Matrix], count: int, seed: list[int]) -> tuple[LatentClasses, float]:
    weights = np.random.default_rng(seed).dirichlet(np.full(count, 0.3), size=len(blocks[0]))
    last = -np.inf
    for _ in range(MOST_STEPS):
        classes = _maximised(blocks, weights)
        weights, log_likelihood = _normalised(classes.log_joint(blocks))
        if log_likelihood - last < ENOUGH * abs(log_likelihood):
            break
        last = log_likelihood
    return classes, log_likelihood


def _maximised(blocks: list[Matrix], weights: Floats) -> LatentClasses:
    shares = weights.sum(axis=0) + SMOOTHING
    words = [weights.T @ block + SMOOTHING for block in blocks]
    return LatentClasses(shares / shares.sum(), [np.log(w / w.sum(axis=1, keepdims=True)) for w in words])


def _normalised(log_joint: Floats) -> tuple[Floats, float]:
    """Class probabilities of each row (rows, classes), and the log-likelihood of all rows."""
    highest = log_joint.max(axis=1, keepdims=True)
    likely = np.exp(log_joint - highest)
    total = likely.sum(axis=1, keepdims=True)
    return likely / total, float((highest + np.log(total)).sum())
