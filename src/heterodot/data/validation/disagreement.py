"""The spread of several levels beside the error of their mean, and what spread is too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from heterodot.data.validation.measured import Disagreement, LevelRecord, Measured
from heterodot.errors import InputError

TOLERATED = 0.2
"""eV: what the mean of several potentials may be off by without their spread telling. Chosen: what
PBE itself is worth for such energies."""


def with_disagreement(found: Measured, members: Sequence[str]) -> Measured:
    """Return the same with the spread of several levels judged.

    The threshold is the spread that parts best what is wrong by more than :data:`TOLERATED` from
    what is not (largest sensitivity + specificity, W. J. Youden, Cancer 3, 32 (1950)); where
    several do, the smallest.

    Parameters
    ----------
    found : Measured
    members : sequence of str
        Labels of the levels.

    Raises
    ------
    InputError
        A label nobody has, fewer than two, or nothing is wrong, or everything.
    """
    labels = [record.label for record in found.levels]
    unknown = [label for label in members if label not in labels]
    if unknown or len(members) < 2:
        given = ", ".join(unknown or members)
        raise InputError(f"committee: given {given}: expected two or more of {', '.join(labels)}")
    records = [record for record in found.levels if record.label in members]
    spreads, errors = _compared(found, records)
    wrong = np.abs(np.array(list(errors.values()))) > TOLERATED
    if not wrong.any() or wrong.all():
        raise InputError(f"committee: {int(wrong.sum())} of {len(wrong)} means are wrong: no line")
    spread = np.array(list(spreads.values()))
    threshold = _parting(spread, wrong)
    told = spread > threshold
    judged = Disagreement(
        tuple(record.label for record in records), threshold, TOLERATED,
        told=int((told & wrong).sum()), untold=int((~told & wrong).sum()),
        false_alarms=int((told & ~wrong).sum()), quiet=int((~told & ~wrong).sum()),
        spreads=spreads, errors=errors,
    )  # fmt: skip
    return replace(found, disagreement=judged)


def _compared(
    found: Measured, records: Sequence[LevelRecord]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return spread and error (eV) of each reaction energy that all of them have."""
    spreads: dict[str, float] = {}
    errors: dict[str, float] = {}
    for name, quantity in found.quantities.items():
        if not quantity.is_energy:
            continue
        for item, right in quantity.reference.items():
            of = [r.answers[name].values.get(item) if name in r.answers else None for r in records]
            values = [value for value in of if value is not None]
            if len(values) == len(records):
                spreads[f"{name}: {item}"] = float(np.std(values, ddof=1))
                errors[f"{name}: {item}"] = float(np.mean(values)) - right
    return spreads, errors


def _parting(spread: np.ndarray, wrong: np.ndarray) -> float:
    """Return the threshold, halfway between two neighbouring spreads, rounded to 0.01 eV."""
    ordered = np.sort(spread)
    candidates = np.round((ordered[1:] + ordered[:-1]) / 2, 2)
    scores = [(spread > c)[wrong].mean() + (spread <= c)[~wrong].mean() for c in candidates]
    return float(candidates[int(np.argmax(scores))])
