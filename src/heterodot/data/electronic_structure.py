"""One electronic structure for all codes: the data model that every analysis reads.

Index letters: s spin, k k-point, b band, p projector, a atom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from heterodot.data.frontier import Frontier, frontier
from heterodot.errors import InputError
from heterodot.records import Ints, Record, read

PROJECTION_KINDS = ("Mulliken", "Löwdin", "PAW")
"""Mulliken and Löwdin projections share out every electron; PAW ones only see the spheres."""

REFERENCES = ("fermi", "vbm", "vacuum")
"""What one-electron energies can be measured from."""


@dataclass(frozen=True)
class Projections(Record, written=("weights", "atom", "l", "m", "groups"), keep_arrays=True):
    """Weight of every state on every projector.

    Attributes
    ----------
    kind : {"Mulliken", "Löwdin", "PAW"}
        How the states were shared out. Mulliken and Löwdin weights of a state sum to one; PAW
        weights are projections on the augmentation spheres and do not.
    weights : (s, k, b, p) float array
        Dimensionless.
    atom : (p,) int array
        Atom of each projector.
    l : (p,) int array
        Angular momentum of each projector (0 s, 1 p, 2 d, 3 f).
    m : (p,) int array or None
        Magnetic index -l…l in the code's own order of real harmonics, where the code gives it.
    groups : tuple of tuple of int, or None
        Atoms that each projector is of, where a code gives only their sum (CP2K: of a kind);
        ``atom`` is then the first of them.
    """

    kind: str
    weights: np.ndarray
    atom: Ints
    l: Ints  # noqa: E741 - the field's name for it
    m: Ints | None = None
    groups: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        if self.kind not in PROJECTION_KINDS:
            raise InputError(f"projection kind {self.kind!r}: expected one of {PROJECTION_KINDS}")
        n = self.weights.shape[-1]
        if self.weights.ndim != 4 or self.atom.shape != (n,) or self.l.shape != (n,):
            raise InputError(
                f"projections: weights {self.weights.shape}, atom {self.atom.shape}, "
                f"l {self.l.shape}; expected (s, k, b, p), (p,), (p,)"
            )
        if self.groups is not None and len(self.groups) != n:
            raise InputError(f"projections: {len(self.groups)} groups of atoms, expected {n}")

    def of_atoms(self, chosen: np.ndarray) -> np.ndarray:
        """(p,) bool mask of the projectors of atoms, by the (a,) bool mask of these.

        Raises
        ------
        InputError
            Some but not all of the atoms whose sum alone the code gave.
        """
        mask = np.asarray(chosen[self.atom])
        for group in self.groups or ():
            inside = [bool(chosen[i]) for i in group]
            if any(inside) and not all(inside):
                raise InputError(
                    f"{sum(inside)} of {len(group)} atoms: this calculation gives the projections "
                    f"of atoms {', '.join(map(str, group))} in one sum only; choose all of them"
                )
        return mask

    def n_atoms(self, mask: np.ndarray) -> int:
        """Return of how many atoms the projectors of a (p,) bool mask are."""
        if self.groups is None:
            return len(np.unique(self.atom[mask]))
        return len({i for p in np.flatnonzero(mask) for i in self.groups[p]})


@dataclass(frozen=True)
class KMesh(Record, keep_arrays=True):
    """The regular mesh of k-points that was reduced to those calculated.

    Attributes
    ----------
    size : tuple of three int
        Points along each reciprocal vector.
    irreducible : (n,) int array
        Calculated k-point that each of the ``n = prod(size)`` points is equal to by symmetry, the
        last direction fastest.
    cell : (3, 3) float array
        Cell vectors, Å.
    """

    size: tuple[int, int, int]
    irreducible: Ints
    cell: np.ndarray

    def __post_init__(self) -> None:
        if len(self.size) != 3 or len(self.irreducible) != int(np.prod(self.size)):
            raise InputError(
                f"k-mesh {self.size} with {len(self.irreducible)} points: expected three sizes "
                "and their product"
            )


@dataclass(frozen=True)
class PlanarPotential(Record, keep_arrays=True):
    """Electrostatic potential energy of an electron, averaged over planes.

    Attributes
    ----------
    axis : int
        Cell vector the planes are stacked along.
    positions : (n,) float array
        Distance of each plane from the origin, Å, along the normal; evenly spaced.
    values : (n,) float array
        eV, on the scale of the one-electron energies.
    periodic : bool
        Whether the structure repeats along the axis; if not, the ends are vacuum.
    """

    axis: int
    positions: np.ndarray
    values: np.ndarray
    periodic: bool

    def __post_init__(self) -> None:
        if self.positions.shape != self.values.shape or self.values.ndim != 1:
            raise InputError(
                f"planar potential: positions {self.positions.shape}, values "
                f"{self.values.shape}: expected two arrays of one length"
            )

    @property
    def mean(self) -> float:
        """Average over the cell, eV."""
        return float(self.values.mean())

    @property
    def faces(self) -> tuple[float, float] | None:
        """Vacuum levels at the low and the high end of the axis, eV; None where it is periodic."""
        return None if self.periodic else (float(self.values[0]), float(self.values[-1]))

    def slope(self, reach: float = 1.0) -> float:
        """Largest change of the potential over the outermost ``reach`` Å of either end, eV."""
        if self.periodic:
            raise InputError("slope of the vacuum: this potential is periodic and has no ends")
        spacing = float(self.positions[1] - self.positions[0])
        n = max(1, min(len(self.values) - 1, round(reach / spacing)))
        ends = (self.values[n] - self.values[0], self.values[-1 - n] - self.values[-1])
        return float(np.abs(ends).max())


@dataclass(frozen=True)
class ElectronicStructure(Record, keep_arrays=True):
    """States, occupations, projections and charges of one converged calculation.

    Attributes
    ----------
    numbers : (a,) int array
        Atomic numbers.
    energies : (s, k, b) float array
        One-electron energies, eV, on the code's own zero.
    k_weights : (k,) float array
        Weights of the k-points; they sum to one.
    occupations : (s, k, b) float array
        Electrons per state, without the k-weight: 0…2 for one spin channel (spin-paired), 0…1
        for two, so that ``sum(k_weights * occupations)`` is the number of electrons.
    fermi_level : float or tuple of float
        eV; two values where the spin channels have their own (fixed moment).
    n_electrons : float
        Number of (valence) electrons the code treats.
    vacuum_level : float or None
        Electrostatic potential energy of an electron far outside, eV, where it is known.
    projections : mapping of str to Projections
        By kind.
    charges : mapping of str to (a,) float array
        Atomic charges in e by partition ("Mulliken", "Löwdin", "Hirshfeld", …); positive where
        electrons are missing.
    periodic : bool
        Whether any direction is periodic (tetrahedron integration is refused otherwise).
    level : mapping
        The level of theory (``Level.to_dict()``) and what the code said of itself.
    caveats : tuple of str
        What these numbers may not be believed for; that there is no gap (:attr:`no_gap`) is added
        to what is given, so that every density, edge and figure made of the states says it.
    k_mesh : KMesh or None
        The regular mesh, where the k-points are one (for tetrahedron integration).
    potential : PlanarPotential or None
        Along the direction that is not periodic, or the third of a bulk, where the code gives it.
    """

    numbers: Ints
    energies: np.ndarray
    k_weights: np.ndarray
    occupations: np.ndarray
    fermi_level: float | tuple[float, float]
    n_electrons: float
    vacuum_level: float | None = None
    projections: Mapping[str, Projections] = field(default_factory=dict)
    charges: Mapping[str, np.ndarray] = field(default_factory=dict)
    periodic: bool = False
    level: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    k_mesh: KMesh | None = None
    potential: PlanarPotential | None = None

    def __post_init__(self) -> None:
        if self.energies.ndim != 3 or self.occupations.shape != self.energies.shape:
            raise InputError(
                f"energies {self.energies.shape} and occupations {self.occupations.shape}: "
                "expected the same (spin, k, band) shape"
            )
        if self.k_weights.shape != (self.energies.shape[1],):
            raise InputError(
                f"k_weights {self.k_weights.shape}: expected ({self.energies.shape[1]},)"
            )
        if self.no_gap and self.no_gap not in self.caveats:
            object.__setattr__(self, "caveats", (*self.caveats, self.no_gap))

    @property
    def n_spins(self) -> int:
        """1 for spin-paired, 2 for spin-polarised."""
        return self.energies.shape[0]

    @property
    def fermi_levels(self) -> np.ndarray:
        """(s,) Fermi level of each spin channel, eV."""
        return np.broadcast_to(np.asarray(self.fermi_level, float), (self.n_spins,)).copy()

    @cached_property
    def frontiers(self) -> tuple[Frontier, ...]:
        """Frontier of the states that share a Fermi level: of both channels, or one of each."""
        split = len(set(self.fermi_levels)) > 1
        channels = [slice(s, s + 1) for s in range(self.n_spins)] if split else [slice(None)]
        weights = np.broadcast_to(self.k_weights[None, :, None], self.energies.shape)
        return tuple(
            frontier(
                self.energies[s].ravel(),
                self.occupations[s].ravel(),
                weights[s].ravel(),
                2.0 / self.n_spins,
            )
            for s in channels
        )

    @property
    def homo(self) -> float:
        """Highest filled state (valence-band maximum), eV; -inf without electrons."""
        return max(each.homo for each in self.frontiers)

    @property
    def lumo(self) -> float:
        """Lowest empty state (conduction-band minimum), eV; inf if none was calculated.

        Both are found by counting the electrons into the states from below (see
        :mod:`heterodot.data.frontier`), spin channels of a fixed moment each by itself.
        """
        return min(each.lumo for each in self.frontiers)

    @property
    def filled(self) -> np.ndarray:
        """(s, k, b) whether a state is filled when the electrons are counted in from below."""
        homos = np.broadcast_to([each.homo for each in self.frontiers], (self.n_spins,))
        return np.asarray(self.energies <= homos[:, None, None])

    @property
    def metallic(self) -> bool:
        """Whether a band crosses the Fermi level between the k-points of a periodic system."""
        below = self.energies.min(axis=1) < self.fermi_levels[:, None]
        above = self.energies.max(axis=1) > self.fermi_levels[:, None]
        return bool(self.periodic and (below & above).any())

    @property
    def open_frontier(self) -> bool:
        """Whether degenerate (or nearly) frontier levels share electrons: no HOMO, no LUMO."""
        return any(each.open for each in self.frontiers)

    @property
    def gapless(self) -> bool:
        """Whether there is no gap: a metal, an open frontier, or spin channels that cross."""
        return self.metallic or self.open_frontier or self.homo >= self.lumo

    @property
    def gap(self) -> float:
        """LUMO minus HOMO, eV; 0 where there is none, whatever the k-points happen to hit."""
        return 0.0 if self.gapless else self.lumo - self.homo

    @property
    def edges(self) -> tuple[float, float]:
        """VBM and CBM, eV on the code's own scale; both the Fermi level where there is no gap."""
        if self.gapless:
            return self._common_fermi_level(), self._common_fermi_level()
        return self.homo, self.lumo

    @property
    def no_gap(self) -> str:
        """Why a system that is no metal has no gap, in words; empty where it has one."""
        if self.metallic or not self.gapless:
            return ""
        found = [each.text for each in self.frontiers if each.open and each.shared]
        if found:
            return "no gap: " + "; ".join(found)
        if self.homo > self.lumo:
            return (
                f"no gap: the lowest empty state of one spin channel ({self.lumo:.2f} eV) lies "
                f"below the highest filled one of the other ({self.homo:.2f} eV); "
                "energies from the VBM are from the Fermi level, "
                f"{self._common_fermi_level():.2f} eV"
            )
        return "no gap: the highest filled and the lowest empty state are degenerate"

    def zero(self, reference: str | None) -> float:
        """Energy (eV, code's own scale) that a reference stands for.

        Parameters
        ----------
        reference : {"fermi", "vbm", "vacuum"} or None
            Fermi level (arbitrary within the gap of a gapped system), highest occupied state
            (where there is no gap, and so no VBM: the Fermi level, as in :attr:`edges`; where spin
            channels cross, :attr:`no_gap` says so), vacuum level, or the code's zero. Where
            the spin channels have Fermi levels of their own (fixed moment), the one that fits
            both: the middle between the highest filled and the lowest empty state of either.

        Raises
        ------
        InputError
            Unknown reference, or a vacuum level the calculation does not have.
        """
        if reference is None:
            return 0.0
        if reference == "fermi" or (reference == "vbm" and self.gapless):
            return self._common_fermi_level()
        if reference == "vbm":
            return self.homo
        if reference != "vacuum":
            raise InputError(f"reference {reference!r}: expected one of {REFERENCES} or None")
        if self.vacuum_level is None:
            raise InputError("reference 'vacuum': this calculation has no vacuum level; use 'vbm'")
        return float(self.vacuum_level)

    def _common_fermi_level(self) -> float:
        levels = self.fermi_levels
        if len(set(levels)) == 1:
            return float(levels[0])
        if self.homo <= self.lumo < float("inf"):
            return 0.5 * (self.homo + self.lumo)
        return float(levels.max())  # a moment that is not the ground state's: no level fits both

    def projection(self, kind: str | None = None) -> Projections:
        """Return the projections of a kind, or the first there is of Löwdin, Mulliken, PAW.

        Raises
        ------
        InputError
            No such projections; the message names those there are.
        """
        if kind is None:
            for candidate in ("Löwdin", "Mulliken", "PAW"):
                if candidate in self.projections:
                    return self.projections[candidate]
        elif kind in self.projections:
            return self.projections[kind]
        wanted = "projections" if kind is None else f"{kind} projections"
        advice = self.level.get("missing", {}).get("projections", "")
        raise InputError(
            f"no {wanted}: this calculation has {', '.join(self.projections) or 'none'}"
            + (f" ({advice})" if advice else "")
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a nested dictionary of plain values and numpy arrays."""
        return {**super().to_dict(), "fermi_level": self.fermi_levels.tolist()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_dict` (arrays may be lists)."""
        fermi = read(tuple[float, ...], data.get("fermi_level"), "ElectronicStructure.fermi_level")
        given = read(Mapping[str, Any], data.get("projections"), "ElectronicStructure.projections")
        level = fermi[0] if len(set(fermi)) == 1 else fermi
        kinds = {kind: {"kind": kind, **each} for kind, each in given.items()}
        return super().from_dict({**data, "fermi_level": level, "projections": kinds})
