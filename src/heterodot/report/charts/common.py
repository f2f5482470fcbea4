"""What charts of every kind say alike: flags as texts, short names, rounded numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from heterodot.data.flags import DAGGER, Flag, flag_names

Chart = dict[str, Any]
"""One chart as JSON values: ``kind``, ``name``, ``title``, ``caption`` and the kind's own."""


def flag_texts(flags: Iterable[Flag]) -> list[str]:
    """Return each flag as ``name: sentence``, once."""
    return list(dict.fromkeys(str(flag) for flag in flags))


def short_names(labels: Iterable[str]) -> dict[str, str]:
    """Return what stands before the colon of each label, or all of it where that is no name."""
    whole = list(labels)
    cut = [label.split(":")[0].strip() for label in whole]
    unique = len(set(cut)) == len(whole) and all(cut)
    return dict(zip(whole, cut if unique else whole, strict=True))


def dagger_note(flags: Mapping[str, Iterable[Flag]]) -> str:
    """Return what † means in a chart: the names of the flags of each system; or nothing.

    Parameters
    ----------
    flags : mapping of str to iterable of Flag
        By the label of the system.
    """
    short = short_names(flags)
    alike: dict[str, list[str]] = {}
    for label, own in flags.items():
        names = ", ".join(flag_names(own))
        if names:
            alike.setdefault(names, []).append(short[label])
    found = [": ".join(t for t in (", ".join(who), what) if t) for what, who in alike.items()]
    return f"{DAGGER} rests on a flag: {'; '.join(found)}" if found else ""


def significant(values: Sequence[float] | np.ndarray, digits: int = 5) -> list[float]:
    """Return numbers to so many significant digits: a page holds thousands of them."""
    return [float(f"{float(value):.{digits}g}") for value in np.ravel(values)]


def finite_or_none(value: float | None) -> float | None:
    """Return a number, or None where JSON has none for it (infinite, not a number)."""
    return float(value) if value is not None and math.isfinite(value) else None
