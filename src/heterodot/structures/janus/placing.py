"""Set a cap on a facet: where, and how near, by the species that meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.contacts import contact_distances
from heterodot.structures.electrons import formal_charges
from heterodot.structures.interfaces.registry import LARGEST_CONTACT, scan_registry

PATCH = 14.0
"""Å; the shift is chosen by the contacts within this radius of the facet's centre."""

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
    contacts : int
        Pairs of unlike ions within 1.25 times the allowed distance.
    """

    shift: tuple[float, float]
    gap: float
    least_gap: float
    closest: float
    contacts: int


def choose_shift(
    cap: Atoms, base: Atoms, lattice: np.ndarray, steps: int, touch: float
) -> np.ndarray:
    """Return the lateral shift (2,) of the cap, Å, with the most good contacts per area.

    Parameters
    ----------
    cap, base : Atoms
        In the frame of the facet: z outward, the facet's centre at x = y = 0.
    lattice : (2, 2) float array
        Rows: lattice of the facet, over which the shift is tried.
    steps : int
        Trials along each.
    touch : float
        Factor on the allowed distances.
    """
    reach = PATCH + float(np.abs(lattice).sum())
    pieces = []
    for piece, z, radius in (
        (cap, cap.positions[:, 2] - cap.positions[:, 2].min(), PATCH),
        (base, base.positions[:, 2].max() - base.positions[:, 2], reach + LARGEST_CONTACT),
    ):
        near = np.hypot(piece.positions[:, 0], piece.positions[:, 1]) < radius
        pieces.append(piece[np.flatnonzero(near & (z < LARGEST_CONTACT))])
    n = np.arange(steps) / steps - (steps // 2) / steps
    i, j = np.meshgrid(n, n, indexing="ij")
    shifts = np.column_stack([i.ravel(), j.ravel()]) @ lattice
    order = np.argsort(np.round(np.linalg.norm(shifts, axis=1), 6), kind="stable")
    shifts = shifts[order]
    scan = scan_registry(
        pieces[0], pieces[1], np.eye(2) * _FAR, shifts / _FAR, touch=touch, criterion="contacts"
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
    pairs = _facing(cap, base, shift, touch)
    room = pairs.limit**2 - pairs.rho2
    need = np.sqrt(np.maximum(room, 0)) - pairs.apart
    least = float(np.max(need, initial=0.0, where=room > 0))
    used = least if gap is None else float(gap)
    if used < least - 1e-6:
        raise StructureError(
            f"gap {used:g} Å: contacts would be shorter than allowed; expected {least:.2f} Å or "
            "more at this registry, or none to have it chosen"
        )
    relative = np.sqrt(pairs.rho2 + (pairs.apart + used) ** 2) / pairs.limit
    contacts = int((pairs.unlike & (relative < 1.25)).sum())
    closest = float(relative.min(initial=np.inf))
    return Placement((float(shift[0]), float(shift[1])), used, least, closest, contacts)


def clashes(cap: Atoms, base: Atoms, shift: np.ndarray, gap: float, touch: float) -> np.ndarray:
    """Return the atoms of the cap that would be nearer to the facet than allowed, increasing."""
    pairs = _facing(cap, base, shift, touch)
    near = pairs.rho2 + (pairs.apart + gap) ** 2 < pairs.limit**2 - 1e-6
    return np.unique(pairs.atom[near])


@dataclass(frozen=True)
class _Pairs:
    """Pairs across an interface: atom of the cap, lateral distance², height apart at no gap,
    least distance (Å), and whether their charges are opposite.
    """

    atom: np.ndarray
    rho2: np.ndarray
    apart: np.ndarray
    limit: np.ndarray
    unlike: np.ndarray


def _facing(cap: Atoms, base: Atoms, shift: np.ndarray, touch: float) -> _Pairs:
    """Collect the pairs that are close enough to matter."""
    from scipy.spatial import cKDTree

    up = cap.positions[:, 2] - cap.positions[:, 2].min()
    down = base.positions[:, 2].max() - base.positions[:, 2]
    reach = 1.25 * max(1.0, touch) * LARGEST_CONTACT
    c, b = np.flatnonzero(up < reach), np.flatnonzero(down < reach)
    one, two = cap.positions[c, :2] + shift, base.positions[b, :2]
    close = cKDTree(one).sparse_distance_matrix(cKDTree(two), reach, output_type="ndarray")
    i, j, rho = close["i"], close["j"], close["v"]
    kinds = [_kinds(cap[c]), _kinds(base[b])]
    table = contact_distances(
        [s for s, _ in kinds[0][0]],
        [s for s, _ in kinds[1][0]],
        charges_a=[q for _, q in kinds[0][0]],
        charges_b=[q for _, q in kinds[1][0]],
        touch=touch,
    )
    signs = [np.array([q for _, q in kind[0]]) for kind in kinds]
    first, second = kinds[0][1][i], kinds[1][1][j]
    return _Pairs(
        c[i],
        rho**2,
        up[c][i] + down[b][j],
        table[first, second],
        signs[0][first] * signs[1][second] < 0,
    )


def _kinds(atoms: Atoms) -> tuple[list[tuple[str, float]], np.ndarray]:
    """Different (element, sign of charge) of a piece, and which each atom is."""
    charge = np.sign(np.nan_to_num(formal_charges(atoms)))
    labels = list(zip(atoms.get_chemical_symbols(), charge.tolist(), strict=True))
    unique = sorted(set(labels))
    where = {label: k for k, label in enumerate(unique)}
    return unique, np.array([where[label] for label in labels], int)
