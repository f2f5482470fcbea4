"""Flags in the order a reader should meet them, and what each kind of doubt is about."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from heterodot.data.flags import Flag


class Weight(IntEnum):
    """How much a flag takes from a number, the worst first."""

    WRONG = 0
    UNSURE = 1
    SMALL = 2


WORDS = {
    Weight.WRONG: "The number may be of something else than its name says",
    Weight.UNSURE: "The number may be off",
    Weight.SMALL: "Good to know",
}
"""What a reader should think of flags of a weight."""

_WRONG = """
    adsorbate-changed adsorbate-moved reconstructed hole-elsewhere electron-count no-band no-gap
    cluster-broken own-image-bonds unbonded defect-apart no-room type-not-decided start-failed
    forces not-relaxed empty-shell gap-at-end control-is-best vacuum-not-flat basis-in-window
"""
_SMALL = """
    scf-recovered geometry-recovered fermi-level-in-gap same-to-a-potential little-weight
    adsorbate-guessed
"""
_WEIGHTS = {
    **dict.fromkeys(_WRONG.split(), Weight.WRONG),
    **dict.fromkeys(_SMALL.split(), Weight.SMALL),
}


def weight(flag: Flag) -> Weight:
    """Return how much a flag takes from a number; of a name not known here, the middle."""
    return _WEIGHTS.get(flag.name, Weight.UNSURE)


def worst_first(flags: Iterable[Flag]) -> list[Flag]:
    """Return each flag once, the worst first, otherwise in their order."""
    return sorted(dict.fromkeys(flags), key=weight)
