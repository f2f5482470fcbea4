"""Symmetry of finite structures as permutations of their atoms, and what it makes equivalent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations as arrangements

import numpy as np
from ase import Atoms

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import symmetry_dataset

DEFAULT_TOLERANCE = 0.1
"""Å; atoms this far from where an operation puts their partner still match."""


def point_group_permutations(
    atoms: Atoms, tolerance: float = DEFAULT_TOLERANCE, labels: Sequence[object] | None = None
) -> np.ndarray:
    """Return every symmetry operation of a finite structure as a permutation of its atoms.

    The operations (rotations, reflections and their products about the mean position) are found
    from the structure itself, in any orientation: three atoms that span it are matched with every
    triple of the same kinds, distances and radii, and each isometry this defines is fitted to all
    atoms before it is judged.

    Parameters
    ----------
    atoms : Atoms
        Periodicity is ignored.
    tolerance : float
        Largest deviation (Å) of an atom from its image. Operations that do not close to a group at
        this tolerance are left out, the worst first.
    labels : sequence, optional
        Kind of each atom; only atoms of the same kind are exchanged. By default the element (and
        the nuclear charge of pseudo-hydrogens). Equal labels give the symmetry of the bare lattice.

    Returns
    -------
    (G, N) int array
        ``result[g, i]`` is the atom on whose place operation g puts atom i; the identity first.
        Operations that move no atom differently (a linear molecule's) are one.

    Raises
    ------
    StructureError
        There are no atoms, or the tolerance is not positive or joins different atoms.
    """
    kinds = _kinds(atoms, labels)
    _check(atoms, tolerance)
    x = atoms.positions - atoms.positions.mean(axis=0)
    search = _Search(x, kinds, tolerance)
    found: dict[bytes, tuple[float, np.ndarray]] = {}
    for rotation in search.candidates():
        match = search.judge(rotation)
        if match is not None:
            key = match[1].tobytes()
            if key not in found or match[0] < found[key][0]:
                found[key] = match
    identity = np.arange(len(atoms))
    found[identity.tobytes()] = (-1.0, identity)
    return _closed(sorted(found.values(), key=lambda item: item[0]))


@dataclass(frozen=True)
class Isometry:
    """A symmetry operation about the mean position.

    Attributes
    ----------
    rotation : (3, 3) array
        Orthogonal; reflections have determinant -1.
    permutation : (N,) int array
        The atom on whose place each atom is put.
    """

    rotation: np.ndarray
    permutation: np.ndarray


def isometries(atoms: Atoms, tolerance: float = DEFAULT_TOLERANCE) -> list[Isometry]:
    """Return every symmetry operation of a finite structure, the identity first.

    As :func:`point_group_permutations`, with the operations that move no atom differently told
    apart: a planar structure has its own plane as mirror, and of the infinitely many rotations of a
    linear one those by multiples of 90° are given, with four mirrors.

    Parameters
    ----------
    atoms : Atoms
        Two atoms or more; periodicity is ignored.
    tolerance : float
        Å.

    Raises
    ------
    StructureError
        As :func:`point_group_permutations`.
    """
    x = atoms.positions - atoms.positions.mean(axis=0)
    missing = _without_atoms(x, tolerance)
    size = float(np.abs(x).max()) or 1.0
    found = []
    for permutation in point_group_permutations(atoms, tolerance):
        for ends in _completions(missing):
            start = np.vstack([x, size * missing])
            end = np.vstack([x[permutation], size * ends])
            found.append(Isometry(best_isometry(start, end), permutation))
    return found


def _without_atoms(x: np.ndarray, tolerance: float) -> np.ndarray:
    """(m, 3) orthonormal directions the points do not spread along, near the Cartesian axes."""
    _, _, axes = np.linalg.svd(x, full_matrices=True)
    spread = np.abs(x @ axes.T).max(axis=0) > 2 * tolerance
    spanned = axes[spread]
    missing: list[np.ndarray] = []
    for _ in range(3 - len(spanned)):
        known = np.vstack([spanned, *missing])
        rest = np.eye(3) - known.T @ known
        longest = rest[int(np.argmax(np.linalg.norm(rest, axis=1)))]
        missing.append(longest / np.linalg.norm(longest))
    return np.array(missing).reshape(-1, 3)


def _completions(missing: np.ndarray) -> list[np.ndarray]:
    """Where the directions without atoms may go: each way round, and two of them exchanged."""
    if len(missing) == 0:
        return [missing]
    if len(missing) == 1:
        return [missing, -missing]
    signs = [np.array([[a], [b]]) for a in (1, -1) for b in (1, -1)]
    return [sign * order for order in (missing, missing[::-1]) for sign in signs]


def distinct_sites(
    atoms: Atoms,
    indices: Sequence[int] | None = None,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    labels: Sequence[object] | None = None,
) -> list[tuple[int, tuple[int, ...]]]:
    """Sort atoms into classes that the structure's symmetry makes equivalent.

    Finite structures by :func:`point_group_permutations`; crystals and slabs (anything periodic
    that has a full cell) by spglib.

    Parameters
    ----------
    atoms : Atoms
        Dot, molecule, slab or crystal.
    indices : sequence of int, optional
        Only these atoms; by default all.
    tolerance : float
        Å.
    labels : sequence, optional
        Kind of each atom, as in :func:`point_group_permutations`.

    Returns
    -------
    list of (representative, equivalents)
        The lowest index of each class, and all chosen atoms of the class (itself included), in
        increasing order.

    Raises
    ------
    StructureError
        An index is out of range, or the symmetry cannot be found.
    """
    chosen = list(range(len(atoms))) if indices is None else [int(i) for i in indices]
    if chosen and not (min(chosen) >= 0 and max(chosen) < len(atoms)):
        raise StructureError(f"indices {chosen}: expected 0…{len(atoms) - 1}")
    if not chosen:
        return []
    if atoms.pbc.any():
        orbit = _equivalent_in_crystal(atoms, tolerance, labels)
    else:
        orbit = point_group_permutations(atoms, tolerance, labels).min(axis=0)
    classes: dict[int, list[int]] = {}
    for index in sorted(set(chosen)):
        classes.setdefault(int(orbit[index]), []).append(index)
    return [(members[0], tuple(members)) for members in classes.values()]


def _kinds(atoms: Atoms, labels: Sequence[object] | None) -> np.ndarray:
    """(N,) int: the same number for atoms that may be exchanged."""
    if labels is None:
        pseudo = atoms.arrays.get("pseudo_hydrogen", np.zeros(len(atoms)))
        labels = list(zip(atoms.numbers.tolist(), np.round(pseudo, 4).tolist(), strict=True))
    if len(labels) != len(atoms):
        raise StructureError(f"{len(labels)} labels for {len(atoms)} atoms: expected one each")
    known: dict[object, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], np.intp)


def _check(atoms: Atoms, tolerance: float) -> None:
    if len(atoms) == 0:
        raise StructureError("no atoms: nothing to find the symmetry of")
    if not (is_number(tolerance) and tolerance > 0):
        raise StructureError(f"tolerance {tolerance!r}: expected a length above 0 Å")
    if not np.isfinite(atoms.positions).all():
        raise StructureError("positions are not all finite: cannot find the symmetry")


class _Search:
    """The isometries that may map a set of points on itself, and the test that decides."""

    def __init__(self, x: np.ndarray, kinds: np.ndarray, tolerance: float) -> None:
        from scipy.spatial import cKDTree

        self.x, self.kinds, self.tolerance = x, kinds, tolerance
        self.tree = cKDTree(x)
        radii = np.linalg.norm(x, axis=1)
        self.shells = self._shells(radii)
        self.frame = self._frame()

    def _shells(self, radii: np.ndarray) -> list[np.ndarray]:
        """Atoms of one kind at one radius, the smallest set first; none at the centre."""
        shells = []
        for kind in np.unique(self.kinds):
            members = np.flatnonzero(self.kinds == kind)
            members = members[np.argsort(radii[members], kind="stable")]
            gaps = np.flatnonzero(np.diff(radii[members]) > self.tolerance) + 1
            shells += np.split(members, gaps)
        far = [shell for shell in shells if radii[shell].min() > 2 * self.tolerance]
        return sorted(far, key=lambda shell: (len(shell), -radii[shell[0]]))

    def _frame(self) -> list[tuple[int, np.ndarray]]:
        """Up to three atoms that span the structure, each with the shell its image must be in."""
        frame: list[tuple[int, np.ndarray]] = []
        spanned = np.zeros((0, 3))
        for shell in self.shells:
            while len(frame) < 3:
                rest = self.x[shell] - self.x[shell] @ spanned.T @ spanned
                length = np.linalg.norm(rest, axis=1)
                scale = np.linalg.norm(self.x[shell], axis=1)
                best = int(np.argmax(length / scale))
                if length[best] < max(0.2 * scale[best], 2 * self.tolerance):
                    break
                frame.append((int(shell[best]), shell))
                spanned = np.vstack([spanned, rest[best] / length[best]])
        return frame

    def candidates(self) -> Iterator[np.ndarray]:
        """Yield an orthogonal matrix for each way to place the frame that keeps its distances."""
        if not self.frame:
            yield np.eye(3)
            return
        slack = 4 * self.tolerance
        own = self.x[[i for i, _ in self.frame]]
        gram = np.linalg.norm(own[:, None] - own[None], axis=2)
        partial: list[list[int]] = [[]]
        for step, (_, shell) in enumerate(self.frame):
            grown = []
            for images in partial:
                d = np.linalg.norm(self.x[shell][:, None] - self.x[images][None], axis=2)
                fits = np.all(np.abs(d - gram[step, :step]) < slack, axis=1)
                grown += [[*images, int(j)] for j in shell[fits] if int(j) not in images]
            partial = grown
        for images in partial:
            yield best_isometry(own, self.x[images])

    def judge(self, rotation: np.ndarray) -> tuple[float, np.ndarray] | None:
        """Return the deviation and the permutation of an operation, or None if it is none."""
        probe = slice(0, len(self.x), max(1, len(self.x) // 16))
        if self._match(rotation, probe, 4 * self.tolerance) is None:
            return None
        first = self._match(rotation, slice(None), 4 * self.tolerance)
        if first is None:
            return None
        return self._match(best_isometry(self.x, self.x[first[1]]), slice(None), self.tolerance)

    def _match(
        self, rotation: np.ndarray, which: slice, tolerance: float
    ) -> tuple[float, np.ndarray] | None:
        d, j = self.tree.query(self.x[which] @ rotation.T)
        if d.max() > tolerance or np.any(self.kinds[which] != self.kinds[j]):
            return None
        if len(np.unique(j)) < len(j):
            return None
        return float(d.max()), j.astype(np.intp)


def best_isometry(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the orthogonal matrix that turns start (M, 3) best into end (W. Kabsch 1976).

    Reflections are allowed (Acta Cryst. A 32, 922, doi:10.1107/S0567739476001873, without its
    condition on the determinant).
    """
    u, _, vt = np.linalg.svd(end.T @ start)
    return u @ vt


def _closed(found: list[tuple[float, np.ndarray]]) -> np.ndarray:
    """Leave out the operations that deviate most until the rest is a group."""
    while True:
        group = np.array([permutation for _, permutation in found])
        members = {permutation.tobytes() for permutation in group}
        if all(g[h].tobytes() in members for g, h in _pairs(group)):
            return group
        found = found[:-1]


def _pairs(group: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield from arrangements(group, 2)
    yield from ((g, g) for g in group)


def _equivalent_in_crystal(
    atoms: Atoms, tolerance: float, labels: Sequence[object] | None
) -> np.ndarray:
    """(N,) lowest equivalent atom, by spglib; directions without a cell get an empty one."""
    full = atoms.copy()
    for axis in range(3):
        if not full.pbc[axis]:
            full.center(vacuum=20.0, axis=axis)
    cell = (full.cell.array, full.get_scaled_positions(), _kinds(atoms, labels) + 1)
    return np.asarray(symmetry_dataset(cell, tolerance).equivalent_atoms)
