"""How the bands of two materials lie to each other: offsets, type I, II or III, and how sure.

The valence offset is VBM(b) − VBM(a), the conduction offset CBM(b) − CBM(a). Type I (straddling):
one gap lies inside the other; type II (staggered): the gaps overlap, neither inside the other;
type III (broken): they do not overlap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from heterodot.analysis.alignment.band_edges import BandEdges
from heterodot.analysis.alignment.macroscopic import Plateau
from heterodot.analysis.bands.layered_pdos import LayeredPDOS
from heterodot.checks import is_number
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.records import Record

EXACT = 1e-9
"""eV below which two edges are one and the same. Chosen above the rounding of doubles; nothing
depends on it beyond the name of the type."""

UNCERTAINTY = 0.1
"""eV: error of an offset that is taken where nothing better is known. Chosen, and no statement
about any functional: offsets of semilocal ones scatter by more; say your own. Results state it, and
it decides which types are called undecided."""


@dataclass(frozen=True)
class Alignment(Record):
    """Band offsets between two materials.

    Attributes
    ----------
    names : tuple of str
        a and b.
    a, b : tuple of float
        VBM and CBM of each, eV, on one common scale.
    uncertainty : float
        Of each offset, eV.
    method : str
        How they were put on one scale.
    candidates : tuple of str
        Types ("I", "II", "III") that offsets within the uncertainty can be.
    corrections, caveats : tuple of str
    level : str
    """

    names: tuple[str, str]
    a: tuple[float, float]
    b: tuple[float, float]
    uncertainty: float
    method: str
    candidates: tuple[str, ...]
    corrections: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    level: str = ""

    @property
    def valence_offset(self) -> float:
        """VBM of b minus VBM of a, eV."""
        return self.b[0] - self.a[0]

    @property
    def conduction_offset(self) -> float:
        """CBM of b minus CBM of a, eV."""
        return self.b[1] - self.a[1]

    @property
    def nominal(self) -> str:
        """Type by the offsets as they are, whatever their uncertainty."""
        return _type_of(self.a, self.b)

    @property
    def decided(self) -> bool:
        """Whether every pair of offsets within the uncertainty is of one type."""
        return len(self.candidates) == 1

    @property
    def type(self) -> str:
        """Type I, II or III; "not decided" where the uncertainty leaves several open."""
        return self.candidates[0] if self.decided else "not decided"

    def with_uncertainty(self, uncertainty: float) -> Alignment:
        """Return the same offsets with another uncertainty, eV, and what types it leaves open.

        Raises
        ------
        InputError
            An uncertainty that is negative or no number.
        """
        _check_uncertainty(uncertainty)
        candidates = _candidates(self.a, self.b, uncertainty)
        return replace(self, uncertainty=float(uncertainty), candidates=candidates)

    def statement(self) -> str:
        """Return type, offsets and certainty in one sentence."""
        a, b = self.names
        offsets = (
            f"valence offset {self.valence_offset:+.2f} eV, conduction offset "
            f"{self.conduction_offset:+.2f} eV ({b} minus {a}), uncertainty "
            f"{self.uncertainty:.2f} eV, by {self.method}"
        )
        if self.decided:
            return f"{a}/{b}: type {self.type}: {offsets}"
        rivals = " and ".join(self.candidates)
        return f"{a}/{b}: not decided between types {rivals} (nominally {self.nominal}): {offsets}"


def align(
    edges: Mapping[str, BandEdges],
    uncertainty: float = UNCERTAINTY,
    method: str = "edges on one scale",
) -> Alignment:
    """Align two materials by edges on a common scale.

    Parameters
    ----------
    edges : mapping of str to BandEdges
        Two of them, by name.
    uncertainty : float
        eV, of each offset. Where offsets within it would be of another type, the type is "not
        decided".
    method : str
        What the common scale is.

    Raises
    ------
    InputError
        Not two materials, an edge missing, or an uncertainty that is negative or no number.
    """
    if len(edges) != 2:
        raise InputError(f"alignment of {len(edges)} materials: expected two")
    (name_a, a), (name_b, b) = edges.items()
    pairs = []
    for name, edge in edges.items():
        if edge.vbm is None or edge.cbm is None:
            raise InputError(f"alignment: {name} has one edge only, expected VBM and CBM")
        pairs.append((edge.vbm, edge.cbm))
    caveats = (*a.caveats, *b.caveats)
    if a.nernstian != b.nernstian:
        caveats += ("one side's edges are fixed on RHE, the other's on the vacuum: taken at pH 7",)
    notes = [f"{name}: {text}" for name, edge in edges.items() for text in edge.corrections]
    return _alignment(
        (name_a, name_b),
        (pairs[0], pairs[1]),
        uncertainty,
        method,
        corrections=tuple(notes),
        caveats=tuple(dict.fromkeys(caveats)),
        level=", ".join(dict.fromkeys(text for text in (a.source, b.source) if text)),
    )


def align_by_layers(
    layered: LayeredPDOS,
    domains: Sequence[str] | None = None,
    margin: int = 1,
    uncertainty: float | None = None,
) -> Alignment:
    """Align the two sides of an interface by the edges of their inner layers.

    Each side's edge is the mean over its layers at least ``margin`` layers away from the interface
    and the surface (all its layers, with a caveat, where none are). The uncertainty is the largest
    of: half the range of an edge over these layers, its shift with the weight that defines it, and
    0.1 eV; unless it is given.

    Raises
    ------
    InputError
        Not two domains, or a layer with an edge outside the calculated states.
    """
    names = list(dict.fromkeys(layered.domains)) if domains is None else list(domains)
    if len(names) != 2 or any(name not in layered.domains for name in names):
        known = ", ".join(dict.fromkeys(layered.domains)) or "none"
        raise InputError(f"domains {names}: expected two of the structure's ({known})")
    pairs, doubts, caveats = [], [UNCERTAINTY], list(layered.caveats)
    for name in names:
        of_side = np.array([i for i, d in enumerate(layered.domains) if d == name])
        inner = of_side[margin : len(of_side) - margin] if margin else of_side
        if not len(inner):
            inner = of_side
            caveats.append(f"{name}: {len(of_side)} layers, none away from interface and surface")
        edges = np.column_stack([layered.vbm, layered.cbm])[inner]
        if not np.isfinite(edges).all():
            raise InputError(f"{name}: a layer has no band edge among the calculated states")
        pairs.append((float(edges[:, 0].mean()), float(edges[:, 1].mean())))
        doubts += [0.5 * float(np.ptp(edges, axis=0).max()), float(layered.spread[inner].max())]
    sure = max(doubts) if uncertainty is None else uncertainty
    return _alignment(
        (names[0], names[1]),
        (pairs[0], pairs[1]),
        sure,
        "the layered PDOS",
        caveats=tuple(caveats),
        level=layered.level,
    )


def align_by_potential(
    bulks: Mapping[str, ElectronicStructure],
    plateaus: Mapping[str, Plateau],
    uncertainty: float | None = None,
) -> Alignment:
    """Align two sides by the macroscopic average of the interface's potential.

    Each bulk calculation gives its edges relative to its own average potential; the interface gives
    the averages of both sides on one scale (A. Baldereschi, S. Baroni, R. Resta, Phys. Rev. Lett.
    61, 734 (1988), doi:10.1103/PhysRevLett.61.734).

    Parameters
    ----------
    bulks : mapping of str to ElectronicStructure
        Bulk calculations of both sides at one level, in the strain they have at the interface.
    plateaus : mapping of str to Plateau
        By the same names.
    uncertainty : float, optional
        eV; the larger of 0.1 and the sum of the plateaus' residual ripples unless given.

    Raises
    ------
    InputError
        Names that differ, levels that differ, or a bulk without potential or gap.
    """
    if set(bulks) != set(plateaus) or len(bulks) != 2:
        raise InputError(f"bulks {list(bulks)}, plateaus {list(plateaus)}: expected the same two")
    pairs, levels = [], {str(es.level.get("label", "")) for es in bulks.values()}
    if len(levels) != 1:
        raise InputError(f"bulks at the levels {sorted(levels)}: expected one and the same")
    for name, es in bulks.items():
        if es.potential is None or not es.potential.periodic:
            raise InputError(f"{name}: expected a bulk calculation with its potential")
        if es.gapless or not math.isfinite(es.lumo):
            raise InputError(f"{name}: the bulk has no gap at this level, so no band edges")
        shift = plateaus[name].value - es.potential.mean
        pairs.append((es.homo + shift, es.lumo + shift))
    names = list(bulks)
    ripple = sum(plateau.ripple for plateau in plateaus.values())
    caveats = [text for es in bulks.values() for text in es.caveats]
    return _alignment(
        (names[0], names[1]),
        (pairs[0], pairs[1]),
        max(UNCERTAINTY, ripple) if uncertainty is None else uncertainty,
        "the macroscopic average of the potential and bulk references",
        caveats=tuple(dict.fromkeys(caveats)),
        level=levels.pop(),
    )


def _alignment(
    names: tuple[str, str],
    pairs: tuple[tuple[float, float], tuple[float, float]],
    uncertainty: float,
    method: str,
    corrections: tuple[str, ...] = (),
    caveats: tuple[str, ...] = (),
    level: str = "",
) -> Alignment:
    _check_uncertainty(uncertainty)
    a, b = pairs
    return Alignment(
        names=names,
        a=a,
        b=b,
        uncertainty=float(uncertainty),
        method=method,
        candidates=_candidates(a, b, uncertainty),
        corrections=corrections,
        caveats=caveats,
        level=level,
    )


def _check_uncertainty(uncertainty: float) -> None:
    if not is_number(uncertainty) or uncertainty < 0:
        raise InputError(f"uncertainty {uncertainty!r} eV: expected a number, 0 or more")


def _type_of(a: tuple[float, float], b: tuple[float, float]) -> str:
    """Type of two gaps (VBM, CBM); equal edges count as one gap inside the other."""
    if a[1] < b[0] - EXACT or b[1] < a[0] - EXACT:
        return "III"
    valence, conduction = b[0] - a[0], b[1] - a[1]
    if abs(valence) <= EXACT or abs(conduction) <= EXACT:
        return "I"
    return "II" if valence * conduction > 0 else "I"


def _candidates(
    a: tuple[float, float], b: tuple[float, float], uncertainty: float
) -> tuple[str, ...]:
    """Types of all offsets within the uncertainty; gaps stay what they are or change by as much."""
    shifts = (-uncertainty, 0.0, uncertainty)
    found = {_type_of(a, (b[0] + v, b[1] + c)) for v, c in product(shifts, shifts)}
    return tuple(sorted(found))
