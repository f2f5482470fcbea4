"""Projected densities of states whose broadening, projections and window can be chosen.

States are sent in narrow bins, shared out linearly between the two nearest so that their centre
stays where it is; the page broadens them. What is drawn is not what the numbers are from: band
centres are those of the results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from ase.data import chemical_symbols

from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.report.charts.common import (
    Chart,
    dagger_note,
    finite_or_none,
    flag_texts,
    short_names,
    significant,
)
from heterodot.workflows.questions.d_band import DBandCentreResult
from heterodot.workflows.questions.electronic import ElectronicStructureResult

ANSWERS = (DBandCentreResult, ElectronicStructureResult)

BIN = 0.02
"""eV: a third of the least broadening that can be chosen."""

BELOW, ABOVE = 15.0, 8.0
"""eV from the VBM down and from the CBM up: what is sent."""

LEAST = 0.005
"""Part of all weight below which a projection is left out, unless it has a band centre."""

DRAWN = 5
"""Projections that are switched on at first, where no band centres say which."""

SHELLS = "spdfg"

_EMPTY = ("empty-shell", "little-weight")
"""Flags of a band that is none: it is switched off at first."""

AnyStates = DBandCentreResult | ElectronicStructureResult


def charts(answers: Mapping[str, AnyStates]) -> list[Chart]:
    """Return one chart of all systems, those of which nothing is projected left out."""
    short = short_names(answers)
    found = {}
    for label, answer in answers.items():
        try:
            found[label] = _system(answer)
        except InputError:  # a code without projections: there is nothing to draw
            continue
    if not found:
        return []
    used = {label: answers[label] for label in found}
    kinds = ", ".join(dict.fromkeys(system["projection"] for system in found.values()))
    levels = ", ".join(dict.fromkeys(answer.level for answer in used.values()))
    marks = {label: _flags(answer) for label, answer in used.items()}
    first = next(iter(used.values()))
    centres = [m for a in used.values() if isinstance(a, DBandCentreResult) for m in a.moments]
    said = "; numbers: band centres of the occupied states" if centres else ""
    return [
        {
            "kind": "pdos",
            "name": "pdos" if isinstance(first, DBandCentreResult) else "electronic_structure",
            "title": "Projected density of states",
            "caption": f"{levels}; {kinds} projection; filled: occupied; grey: the gap{said}.",
            "daggers": dagger_note(marks),
            "width": float(getattr(first, "width", 0.1)),
            "reference": "vacuum" if getattr(first, "reference", "") == "vacuum" else "vbm",
            "systems": [
                {"name": label, "short": short[label], **system} for label, system in found.items()
            ],
        }
    ]


def _flags(answer: AnyStates) -> list[Any]:
    """Return the flags of what is drawn at first: those of bands that are none stay out."""
    if not isinstance(answer, DBandCentreResult):
        return list(answer.flags)
    bands = [m for m in answer.marked_moments() if not _is_none(m)]
    gap = answer.quantities()["gap (eV)"].flags
    return [*gap, *(flag for m in bands for flag in m.flags_against("vbm"))]


def _is_none(moments: Any) -> bool:
    return any(flag.name in _EMPTY for flag in moments.flags)


def _system(answer: AnyStates) -> dict[str, Any]:
    """Return the states of one system in bins, by projection, and its band centres."""
    es = answer.electronic_structure
    zero = es.zero("vbm")
    low, high = -BELOW, finite_or_none(es.edges[1])
    high = ABOVE + (0.0 if high is None else high - zero)
    centres = _centres(answer)
    groups = {"total": np.ones_like(es.energies), **_projected(answer)}
    held = {label: _binned(es, w, zero, (low, high)) for label, w in groups.items()}
    total = float(held["total"].sum()) or 1.0
    known = {centre["label"] for centre in centres}
    kept = {
        label: bins
        for label, bins in held.items()
        if label in known or abs(float(bins.sum())) > LEAST * total
    }
    filled = np.flatnonzero(np.any([bins.any(axis=0) for bins in kept.values()], axis=0))
    on = _on_at_first(kept, centres, (low, high))
    return {
        "level": answer.level,
        "projection": es.projection(None).kind,
        "fermi": es.zero("fermi") - zero,
        "cbm": finite_or_none(es.edges[1] - zero),
        "vacuum": None if es.vacuum_level is None else es.vacuum_level - zero,
        "gap": finite_or_none(es.gap),
        "gap_flags": flag_texts(answer.quantities()["gap (eV)"].flags),
        "bins": {"low": low, "step": BIN, "places": filled.tolist()},
        "curves": [
            {
                "label": label,
                "on": label in on,
                "spins": [significant(channel[filled], 4) for channel in bins],
            }
            for label, bins in kept.items()
        ],
        "centres": centres,
    }


def _projected(answer: AnyStates) -> dict[str, np.ndarray]:
    """Return the (s, k, b) weights of each group of projectors, by what they are called."""
    es = answer.electronic_structure
    projections = es.projection(None)
    by = getattr(answer, "by", "element")
    if by == "element":
        symbols = [chemical_symbols[z] for z in es.numbers]
        names = [
            f"{symbols[atom]} {SHELLS[int(shell)]}"
            for atom, shell in zip(projections.atom, projections.l, strict=True)
        ]
    else:
        values = answer.structure.arrays[by].tolist()
        word = "layer " if by == "layer" else ""
        names = [f"{word}{values[atom]}" for atom in projections.atom]
    labels = np.array(names)
    return {
        label: projections.weights[..., labels == label].sum(axis=-1)
        for label in dict.fromkeys(names)
    }


def _binned(
    es: ElectronicStructure, weights: np.ndarray, zero: float, window: tuple[float, float]
) -> np.ndarray:
    """Return (s, n) electrons that the states in each bin can hold, by spin channel."""
    n = round((window[1] - window[0]) / BIN) + 1
    found = np.zeros((es.n_spins, n))
    counted = (2.0 / es.n_spins) * es.k_weights[None, :, None] * weights
    for spin in range(es.n_spins):
        places = (es.energies[spin].ravel() - zero - window[0]) / BIN
        inside = (places >= 0) & (places < n - 1)
        below = np.floor(places[inside]).astype(int)
        share = places[inside] - below
        own = counted[spin].ravel()[inside]
        np.add.at(found[spin], below, own * (1 - share))
        np.add.at(found[spin], below + 1, own * share)
    return found


def _centres(answer: AnyStates) -> list[dict[str, Any]]:
    """Return each band centre from the VBM, with the flags it has there and against E_F."""
    if not isinstance(answer, DBandCentreResult):
        return []
    found = []
    for moments in answer.marked_moments():
        found.append(
            {
                "label": moments.label,
                "centre": moments.relative_to("vbm").centre,
                "flags": flag_texts(moments.flags_against("vbm")),
                "fermi_flags": flag_texts(moments.flags_against("fermi")),
                "on": not _is_none(moments),
            }
        )
    return found


def _on_at_first(
    bins: Mapping[str, np.ndarray],
    centres: Sequence[Mapping[str, Any]],
    window: tuple[float, float],
) -> set[str]:
    """Return the projections to show first: bands with a centre, else the largest near the gap."""
    own = {centre["label"] for centre in centres if centre["on"]}
    if own:
        return own
    near = slice(round((-6.0 - window[0]) / BIN), None)
    sizes = {label: float(b[:, near].sum()) for label, b in bins.items() if label != "total"}
    return set(_largest(sizes, DRAWN))


def _largest(sizes: Mapping[str, float], count: int) -> Iterable[str]:
    return sorted(sizes, key=sizes.__getitem__, reverse=True)[:count]
