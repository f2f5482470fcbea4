"""The symmetry of a dot or a crystal as permutations of some of its sites."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.crystals.symmetry import (
    DEFAULT_TOLERANCE,
    best_isometry,
    point_group_permutations,
)
from heterodot.structures.enumeration.counting import checked_sites
from heterodot.structures.requirements import require_atoms

MAX_ENTRIES = 40_000_000
"""Largest table of permutations (operations × sites): 0.3 GB, a few times that at work."""


def site_permutations(
    atoms: Atoms,
    sites: Sequence[int] | None = None,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    labels: Sequence[object] | None = None,
    rotations_only: bool = False,
) -> np.ndarray:
    """Return every symmetry operation of a dot, a slab or a crystal as a permutation of sites.

    Finite structures by their point group; periodic ones by the space group of the cell as it is
    (lattice translations within a supercell included), found by spglib.

    Parameters
    ----------
    atoms : Atoms
        The structure; symmetry is that of all of its atoms.
    sites : sequence of int, optional
        The atoms that are permuted; by default all. Those left out count as of another kind, so
        that every operation keeps the set.
    tolerance : float
        Å.
    labels : sequence, optional
        Kind of each atom; by default element, nuclear charge of pseudo-hydrogens and formal
        charge. Only atoms of one kind are exchanged.
    rotations_only : bool
        Leave out reflections, inversions and what contains them, so that mirror images differ
        (of a planar structure every operation is a rotation in space).

    Returns
    -------
    (G, n) int array
        ``result[g, i] = j``: operation g puts site ``sites[i]`` on ``sites[j]``; the identity
        first, no permutation twice.

    Raises
    ------
    StructureError
        If the symmetry cannot be found, does not close to a group at this tolerance, or the table
        of permutations would not fit in memory.
    """
    require_atoms(atoms)
    chosen = np.arange(len(atoms)) if sites is None else checked_sites(sites, len(atoms))
    inside = np.zeros(len(atoms), bool)
    inside[chosen] = True
    if labels is not None and not isinstance(labels, Sequence | np.ndarray):
        raise StructureError(f"labels {labels!r}: expected one for each of {len(atoms)} atoms")
    if labels is not None and len(labels) != len(atoms):
        raise StructureError(f"{len(labels)} labels for {len(atoms)} atoms: expected one each")
    own = atom_labels(atoms) if labels is None else labels
    kinds = list(zip(own, inside.tolist(), strict=True))
    if atoms.pbc.any():
        return _by_spglib(atoms, chosen, tolerance, kinds, rotations_only)
    group = point_group_permutations(atoms, tolerance, kinds)
    if rotations_only:
        group = group[_proper(atoms, group, tolerance)]
    place = np.full(len(atoms), -1)
    place[chosen] = np.arange(len(chosen))
    return _distinct(place[group[:, chosen]])


def _proper(atoms: Atoms, group: np.ndarray, tolerance: float) -> np.ndarray:
    """(G,) whether each operation of a finite structure is a rotation, or is like one in space."""
    x = atoms.positions - atoms.positions.mean(axis=0)
    spread = np.linalg.svd(x, full_matrices=True)[2]
    if np.abs(x @ spread.T).max(axis=0).min() <= 2 * tolerance:
        return np.ones(len(group), bool)
    return np.array([np.linalg.det(best_isometry(x, x[g])) > 0 for g in group])


def atom_labels(atoms: Atoms) -> list[object]:
    """Return the kind of each atom: element, pseudo-hydrogen's nuclear and formal charge."""
    blank = np.zeros(len(atoms))
    pseudo = np.round(atoms.arrays.get("pseudo_hydrogen", blank), 4).tolist()
    formal = np.round(atoms.arrays.get("formal_charge", blank), 4).tolist()
    return list(zip(atoms.numbers.tolist(), pseudo, formal, strict=True))


def _distinct(permutations: np.ndarray) -> np.ndarray:
    """Drop repeated permutations; the identity comes first."""
    _, first = np.unique(_keys(permutations), return_index=True)
    distinct = permutations[np.sort(first)]
    identity = (distinct == np.arange(distinct.shape[1])).all(axis=1)
    return np.ascontiguousarray(distinct[np.argsort(~identity, kind="stable")])


def _keys(permutations: np.ndarray) -> np.ndarray:
    """Return a number (G,) that tells permutations apart (two of 10⁵ agree once in 10⁹ times)."""
    weights = np.random.default_rng(0).integers(0, 2**64, permutations.shape[1], np.uint64)
    return np.asarray(permutations.astype(np.uint64) @ weights)


def _by_spglib(
    atoms: Atoms,
    chosen: np.ndarray,
    tolerance: float,
    kinds: Sequence[object],
    rotations_only: bool,
) -> np.ndarray:
    full = atoms.copy()
    for axis in np.flatnonzero(~full.pbc):
        full.center(vacuum=20.0, axis=int(axis))
    if abs(full.cell.volume) < 1e-6:
        raise StructureError(
            f"{atoms.get_chemical_formula()}: periodic, but its cell has no volume; "
            "expected a cell vector along every periodic direction"
        )
    known: dict[object, int] = {}
    numbers = np.array([known.setdefault(kind, len(known)) + 1 for kind in kinds], np.intp)
    scaled = full.get_scaled_positions()
    dataset = symmetry_dataset((full.cell.array, scaled, numbers), tolerance)
    turns, first = np.unique(dataset.rotations.reshape(-1, 9), axis=0, return_index=True)
    if rotations_only:
        first = first[np.linalg.det(turns.reshape(-1, 3, 3)) > 0]
    shifts = np.flatnonzero((dataset.rotations == np.eye(3, dtype=int)).all(axis=(1, 2)))
    _check_size(len(first) * len(shifts), len(chosen))
    places = _Places(full, chosen, numbers, tolerance)
    point = [places.image(dataset.rotations[g], dataset.translations[g]) for g in first]
    moved = [places.image(dataset.rotations[g], dataset.translations[g]) for g in shifts]
    return _product(np.array(moved), np.array(point), tolerance)


def _check_size(n_operations: int, n_sites: int) -> None:
    if n_operations * n_sites > MAX_ENTRIES:
        raise StructureError(
            f"{n_operations} operations on {n_sites} sites: more than the {MAX_ENTRIES} entries a "
            "table of permutations may have; take a smaller supercell"
        )


class _Places:
    """The sites of a periodic cell, to be found again after an operation."""

    def __init__(
        self, atoms: Atoms, chosen: np.ndarray, numbers: np.ndarray, tolerance: float
    ) -> None:
        from scipy.spatial import cKDTree

        self.cell, self.tolerance, self.kinds = atoms.cell.array, tolerance, numbers[chosen]
        self.scaled = atoms.get_scaled_positions()[chosen]
        self.tree = cKDTree(_wrapped(self.scaled), boxsize=1.0)

    def image(self, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
        """Return where the operation x → R x + t puts each site, (n,) int."""
        x = self.scaled @ rotation.T + translation
        near = self.tree.query(_wrapped(x))[1]
        apart = x - self.scaled[near]
        apart = np.linalg.norm((apart - np.round(apart)) @ self.cell, axis=1)
        lost = apart.max(initial=0.0) > 2 * self.tolerance
        if lost or len(np.unique(near)) < len(near) or np.any(self.kinds[near] != self.kinds):
            raise _not_closed(self.tolerance)
        return near


def _wrapped(x: np.ndarray) -> np.ndarray:
    """Return fractional coordinates in [0, 1)."""
    y = x - np.floor(x)
    return np.where(y >= 1.0, 0.0, y)


def _product(translations: np.ndarray, turns: np.ndarray, tolerance: float) -> np.ndarray:
    """Return every translation after every other operation, checked to be a group."""
    group = _distinct(translations[:, turns].reshape(-1, turns.shape[1]))
    n = turns.shape[1]
    after = [turns[:, turns].reshape(-1, n), turns[:, translations].reshape(-1, n)]
    if not all(np.isin(_keys(part), _keys(group)).all() for part in after):
        raise _not_closed(tolerance)
    return group


def _not_closed(tolerance: float) -> StructureError:
    return StructureError(
        f"the symmetry operations do not form a group at a tolerance of {tolerance:g} Å: give a "
        "smaller or a larger one"
    )
