"""Set a cap on a facet: where, and how near, by the species that meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.chemistry.contacts import contact_distances, ions_of
from heterodot.structures.chemistry.joints import BOND_RANGE
from heterodot.structures.interfaces.facing import LARGEST_CONTACT
from heterodot.structures.interfaces.registry import scan_registry

REFINEMENTS = 3
"""Times the best shift of the grid is improved, with half the step each time."""

_FAR = 1000.0
"""Å; edge of a cell in which two finite pieces have no images near each other."""


@dataclass(frozen=True)
class Placement:
    """Where a cap sits on a facet.

    Attributes
    ----------
    shift : tuple of two float
        In the plane of the facet from its centre, Å.
    gap : float
        From the facet's highest to the cap's lowest atom, Å.
    least_gap : float
        The smallest at which no contact is shorter than allowed, Å.
    closest : float
        Shortest distance between the pieces over the one allowed for its species.
    bonds : int
        Pairs of unlike ions within 1.15 times the length of their bond.
    """

    shift: tuple[float, float]
    gap: float
    least_gap: float
    closest: float
    bonds: int


def choose_shift(
    cap: Atoms, base: Atoms, lattice: np.ndarray, steps: int, touch: float
) -> np.ndarray:
    """Return the lateral shift (2,) of the cap, Å, with the most good contacts.

    All atoms of both faces count; the best shift of a grid is refined with ever smaller steps.

    Parameters
    ----------
    cap, base : Atoms
        In the frame of the facet: z outward, the facet's centre at x = y = 0.
    lattice : (2, 2) float array
        Rows: lattice of the facet, over which the shift is tried.
    steps : int
        Trials along each; 1 keeps the cap in the middle.
    touch : float
        Factor on the allowed distances.
    """
    n = np.arange(steps) / steps - (steps // 2) / steps
    shifts = _grid(n) @ lattice
    order = np.argsort(np.round(np.linalg.norm(shifts, axis=1), 6), kind="stable")
    best = _best(cap, base, shifts[order], touch)
    if steps == 1:
        return best
    for k in range(1, REFINEMENTS + 1):
        around = _grid(np.array([0.0, -1.0, 1.0]) / (steps * 2**k)) @ lattice
        best = _best(cap, base, best + around, touch)
    return best


def _grid(n: np.ndarray) -> np.ndarray:
    """(N², 2) all pairs of some numbers."""
    i, j = np.meshgrid(n, n, indexing="ij")
    return np.column_stack([i.ravel(), j.ravel()])


def _best(cap: Atoms, base: Atoms, shifts: np.ndarray, touch: float) -> np.ndarray:
    """Return the best of some shifts (S, 2), Å."""
    scan = scan_registry(
        cap, base, np.eye(2) * _FAR, shifts / _FAR, touch=touch, criterion="contacts"
    )
    best: np.ndarray = shifts[scan.best]
    return best


def place(cap: Atoms, base: Atoms, shift: np.ndarray, gap: float | None, touch: float) -> Placement:
    """Find the smallest gap allowed at a shift, and judge the contacts at the gap used.

    Parameters
    ----------
    cap, base : Atoms
        In the frame of the facet.
    shift : (2,) float array
        Of the cap, Å.
    gap : float, optional
        Å; the smallest allowed by default.
    touch : float
        Factor on the allowed distances.

    Raises
    ------
    StructureError
        The gap given would bring atoms nearer than allowed.
    """
    for rigid in (True, False):  # where no bond is made, nothing is gained by pushing
        pairs = _facing(cap, base, shift, touch, rigid)
        room = pairs.limit**2 - pairs.rho2
        need = np.sqrt(np.maximum(room, 0)) - pairs.apart
        least = float(np.max(need, initial=0.0, where=room > 0))
        used = least if gap is None else float(gap)
        distance = np.sqrt(pairs.rho2 + (pairs.apart + used) ** 2)
        bonds = int((pairs.unlike & (distance < BOND_RANGE * pairs.bond)).sum())
        if bonds or gap is not None:
            break
    if used < least - 1e-6:
        raise StructureError(
            f"gap {used:g} Å: contacts would be shorter than allowed; expected {least:.2f} Å or "
            "more at this registry, or none to have it chosen"
        )
    closest = float((distance / pairs.limit).min(initial=np.inf))
    return Placement((float(shift[0]), float(shift[1])), used, least, closest, bonds)


def clashes(cap: Atoms, base: Atoms, shift: np.ndarray, gap: float, touch: float) -> np.ndarray:
    """Return the atoms of the cap that would be nearer to the facet than allowed, increasing."""
    pairs = _facing(cap, base, shift, touch, True)
    near = pairs.rho2 + (pairs.apart + gap) ** 2 < pairs.limit**2 - 1e-6
    return np.unique(pairs.atom[near])


@dataclass(frozen=True)
class _Pairs:
    """Pairs across an interface: atom of the cap, lateral distance², height apart at no gap,
    least distance and length of a bond (Å), and whether they are no like ions.
    """

    atom: np.ndarray
    rho2: np.ndarray
    apart: np.ndarray
    limit: np.ndarray
    bond: np.ndarray
    unlike: np.ndarray


def _facing(cap: Atoms, base: Atoms, shift: np.ndarray, touch: float, rigid: bool) -> _Pairs:
    """Collect the pairs that are close enough to matter."""
    from scipy.spatial import cKDTree

    up = cap.positions[:, 2] - cap.positions[:, 2].min()
    down = base.positions[:, 2].max() - base.positions[:, 2]
    reach = 1.25 * max(1.0, touch) * LARGEST_CONTACT
    c, b = np.flatnonzero(up < reach), np.flatnonzero(down < reach)
    one, two = cap.positions[c, :2] + shift, base.positions[b, :2]
    close = cKDTree(one).sparse_distance_matrix(cKDTree(two), reach, output_type="ndarray")
    i, j, rho = close["i"], close["j"], close["v"]
    ions_c, kind_c = ions_of(cap[c])
    ions_b, kind_b = ions_of(base[b])
    charges = [[q for _, q in ions] for ions in (ions_c, ions_b)]
    limits, lengths = (
        contact_distances(
            [s for s, _ in ions_c],
            [s for s, _ in ions_b],
            charges_a=charges[0],
            charges_b=charges[1],
            touch=factor,
            rigid=yields,
        )
        for factor, yields in ((touch, rigid), (1.0, False))
    )
    unlike = np.multiply.outer(*charges) <= 0
    one, two = kind_c[i], kind_b[j]
    apart = up[c][i] + down[b][j]
    return _Pairs(c[i], rho**2, apart, limits[one, two], lengths[one, two], unlike[one, two])
