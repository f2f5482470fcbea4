"""Band edges on the vacuum's and the electrodes' scales, and corrections of the gap."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from heterodot.analysis.alignment.redox import NERNST, TABLE_PH, from_nhe, from_vacuum, to_nhe
from heterodot.checks import finite, is_number, positive
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.records import Record

FACES = ("mean", "low", "high")
"""Which vacuum: the common one, or that beyond the low or the high end of a slab."""

PUBLISHED_NOTE = "as published"
"""Begins the source of edges that were read, not calculated."""


@dataclass(frozen=True)
class BandEdges(Record):
    """Valence-band maximum and conduction-band minimum relative to the vacuum.

    Attributes
    ----------
    vbm, cbm : float or None
        eV relative to the vacuum (negative below it); None where it is not known.
    source : str
        Level of theory, or the publication.
    corrections : tuple of str
        What was done to them, in words.
    caveats : tuple of str
    nernstian : bool
        Whether the edges are fixed on RHE rather than on the vacuum (as oxides' are, and as
        published values vs RHE are taken); ``vbm`` and ``cbm`` then hold at pH 7.
    """

    vbm: float | None
    cbm: float | None
    source: str = ""
    corrections: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    nernstian: bool = False

    def __post_init__(self) -> None:
        for value in (self.vbm, self.cbm):
            if value is not None and not is_number(value):
                raise InputError(
                    f"band edges {self.vbm!r}, {self.cbm!r}: expected finite energies, eV"
                )
        if self.vbm is not None and self.cbm is not None and self.vbm > self.cbm:
            raise InputError(f"VBM {self.vbm:.2f} above CBM {self.cbm:.2f} eV: expected a gap")

    @property
    def gap(self) -> float | None:
        """CBM minus VBM, eV."""
        return None if self.vbm is None or self.cbm is None else self.cbm - self.vbm

    def on(self, scale: str, ph: float = TABLE_PH) -> tuple[float | None, float | None]:
        """Return VBM and CBM: eV vs "vacuum", or V vs "NHE" or "RHE" at a pH."""
        shift = NERNST * (ph - TABLE_PH) if self.nernstian else 0.0
        edges = (self.vbm, self.cbm)
        vbm, cbm = (None if e is None else from_vacuum(e + shift, scale, ph) for e in edges)
        return vbm, cbm

    @classmethod
    def from_potentials(
        cls,
        vb: float | None,
        cb: float | None,
        scale: str = "NHE",
        ph: float = TABLE_PH,
        source: str = "",
    ) -> BandEdges:
        """Make edges of potentials in V (a conduction band is the more negative one).

        Edges given on RHE are taken to be fixed there, whatever the pH.

        Raises
        ------
        InputError
            Unknown scale, or a conduction band below the valence band.
        """
        nernstian = scale == "RHE"
        at = TABLE_PH if nernstian else ph
        values = (None if v is None else to_nhe(v, scale, at) for v in (vb, cb))
        vbm, cbm = (None if v is None else from_nhe(v, "vacuum") for v in values)
        return cls(vbm, cbm, source, nernstian=nernstian)


def band_edges(es: ElectronicStructure, face: str = "mean") -> BandEdges:
    """Edges of a calculation relative to its vacuum.

    Parameters
    ----------
    es : ElectronicStructure
    face : {"mean", "low", "high"}
        The vacuum both sides share, or that at the low or high end of a slab whose sides differ.

    Raises
    ------
    InputError
        No vacuum level, or no empty state.

    Notes
    -----
    Where there is no gap (a metal, frontier levels that share electrons) both edges are the Fermi
    level, and the caveats say so.
    """
    vacuum = vacuum_level(es, face)
    vbm, cbm = es.edges
    caveats = es.caveats
    if es.gapless:
        why = "a band crosses the Fermi level" if es.metallic else "there is no gap"
        caveats += (f"{why}: both edges are the Fermi level",)
    if not math.isfinite(cbm):
        raise InputError("band edges: no empty state was calculated; ask for more bands (nbands)")
    return BandEdges(vbm - vacuum, cbm - vacuum, str(es.level.get("label", "")), (), caveats)


def vacuum_level(es: ElectronicStructure, face: str = "mean") -> float:
    """Vacuum level of a face, eV on the scale of the calculation.

    Raises
    ------
    InputError
        There is none, or two that differ where one is asked for.
    """
    if face not in FACES:
        raise InputError(f"face {face!r}: expected one of {FACES}")
    faces = None if es.potential is None else es.potential.faces
    if face != "mean":
        if faces is None:
            raise InputError(
                f"face {face!r}: expected a slab, with a direction that is not periodic"
            )
        return faces[FACES.index(face) - 1]
    if es.vacuum_level is None and faces is not None:
        raise InputError(
            f"the sides of the slab have vacuum levels {faces[0]:.2f} and {faces[1]:.2f} eV: say "
            "face='low' or 'high'"
        )
    if es.vacuum_level is None:
        raise InputError(
            "no vacuum level: a bulk has none, and this code may not give the potential; use a "
            "slab or a dot with a code that does (GPAW)"
        )
    return float(es.vacuum_level)


def work_functions(es: ElectronicStructure) -> dict[str, float]:
    """Vacuum level minus Fermi level, eV: of both faces of a slab, "low" and "high", or "mean"."""
    fermi = es.zero("fermi")
    faces = None if es.potential is None else es.potential.faces
    if faces is None:
        return {"mean": vacuum_level(es) - fermi}
    return {"low": faces[0] - fermi, "high": faces[1] - fermi}


def scissor(edges: BandEdges, shift: float, valence_share: float = 0.0) -> BandEdges:
    """Open the gap by ``shift`` eV; ``valence_share`` (0…1) of it moves the valence band down.

    Raises
    ------
    InputError
        A share outside 0…1, or a shift that is no number or closes the gap.
    """
    _check_share(shift, valence_share)
    vbm = None if edges.vbm is None else edges.vbm - valence_share * shift
    cbm = None if edges.cbm is None else edges.cbm + (1 - valence_share) * shift
    note = f"scissor {shift:+.2f} eV ({100 * valence_share:.0f} % on the valence band)"
    return replace(edges, vbm=vbm, cbm=cbm, corrections=(*edges.corrections, note))


def with_gap(
    edges: BandEdges, gap: float, source: str = "experiment", valence_share: float = 0.0
) -> BandEdges:
    """Open the gap to a known one, such as the experimental.

    Parameters
    ----------
    edges : BandEdges
    gap : float
        eV.
    source : str
        Where the gap is from; said wherever the edges are shown.
    valence_share : float
        Part of the opening that moves the valence band down, 0…1.

    Raises
    ------
    InputError
        A gap that is not positive, or edges of which one is missing.
    """
    if edges.gap is None:
        raise InputError("a gap cannot be set where only one edge is known")
    gap = positive(gap, "gap", "eV")
    _check_share(0.0, valence_share)
    note = f"gap set to {gap:.2f} eV ({source}; {100 * valence_share:.0f} % on the valence band)"
    moved = scissor(edges, gap - edges.gap, valence_share)
    return replace(moved, corrections=(*edges.corrections, note))


def with_hybrid(
    edges: BandEdges, vbm_shift: float, cbm_shift: float, functional: str = "hybrid"
) -> BandEdges:
    """Add the shifts (eV) of the edges that a hybrid functional gives for the same structure.

    Raises
    ------
    InputError
        Shifts that are no numbers or close the gap.
    """
    finite(vbm_shift, "shift of the VBM", "eV")
    finite(cbm_shift, "shift of the CBM", "eV")
    vbm = None if edges.vbm is None else edges.vbm + vbm_shift
    cbm = None if edges.cbm is None else edges.cbm + cbm_shift
    note = f"{functional} shifts: VBM {vbm_shift:+.2f}, CBM {cbm_shift:+.2f} eV"
    return replace(edges, vbm=vbm, cbm=cbm, corrections=(*edges.corrections, note))


def _check_share(shift: float, share: float) -> None:
    finite(shift, "shift", "eV")
    if not is_number(share) or not 0 <= share <= 1:
        raise InputError(f"valence_share {share!r}: expected 0 to 1")


def _published(vb: float | None, cb: float, source: str) -> BandEdges:
    return BandEdges.from_potentials(vb, cb, "RHE", source=f"{PUBLISHED_NOTE}, {source}")


PUBLISHED_EDGES: Mapping[str, BandEdges] = {
    "CsPbBr3": _published(1.4, -1.0, "Qiu et al. 2023"),
    "CdS": _published(1.6, -0.9, "Qiu et al. 2023"),
    "ZCIS 1/12": _published(None, -0.85, "Cai et al. 2023"),
    "ZCIS 2/12": _published(None, -0.68, "Cai et al. 2023"),
    "ZCIS 4/12": _published(None, -0.83, "Cai et al. 2023"),
    "ZCIS 8/12": _published(None, -0.90, "Cai et al. 2023"),
}
"""Edges given in V vs RHE at a pH that is not stated: taken to be fixed on RHE.

Qiu et al., Adv. Sci. 2023, 2206560; Cai et al., ACS Catal. 13, 15546 (2023).
"""
