"""Which atoms to move where for all second derivatives of a finite structure, and no more.

What symmetry makes equal is calculated once: equivalent atoms are moved once, along the fewest
directions whose images under the atom's own symmetry span space, and only one way along a
direction that an operation turns round. The rest follows by rotating the answers, as K. Parlinski,
Z. Q. Li and Y. Kawazoe, Phys. Rev. Lett. 78, 4063 (1997) do for crystals. Of a small molecule
that nothing holds, atoms are left out whose derivatives follow from the others': forces do not
change where all move alike, and turn with what is turned as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
from ase import Atoms

from heterodot.structures.crystals.symmetry import Isometry, isometries

TOLERANCE = 2e-3
"""Å; a structure this far from symmetric has second derivatives that differ by their own noise.
Chosen; a wrong symmetry is caught by tests/workflows/tasks/computing/test_displacements.py."""

_INDEPENDENT = 0.5
"""Smallest singular value of the directions that must span space; 1 for perpendicular ones. Chosen:
errors of forces grow at most twofold."""


_Turn = Callable[[np.ndarray, Isometry], np.ndarray]


@dataclass(frozen=True)
class Displacement:
    """One atom along one direction.

    Attributes
    ----------
    atom : int
        Index in the structure.
    direction : (3,) array
        Unit vector.
    turned : Isometry or None
        What turns the direction round and leaves the atom where it is: the answer to the negative
        displacement is the rotated one to the positive. None where both must be calculated.
    """

    atom: int
    direction: np.ndarray
    turned: Isometry | None = None


@dataclass(frozen=True)
class RigidMotion:
    """All atoms along a line or round an axis through their middle.

    Attributes
    ----------
    displacement : (n, 3) array
        Of norm 1.
    rate : (3, 3) array
        How a vector that goes with the atoms changes: the antisymmetric matrix of the rotation for
        this displacement; zero for a translation.
    """

    displacement: np.ndarray
    rate: np.ndarray


@dataclass(frozen=True)
class DisplacementPlan:
    """Displacements, and how all derivatives follow from them.

    Attributes
    ----------
    indices : (n,) int array
        The atoms whose derivatives are wanted.
    displacements : tuple of Displacement
    operations : tuple of Isometry
        Of the whole structure, leaving the n atoms among themselves; the identity first.
    motions : tuple of RigidMotion
        Displacements whose answers are known; none where they are not needed.
    """

    indices: np.ndarray
    displacements: tuple[Displacement, ...]
    operations: tuple[Isometry, ...]
    motions: tuple[RigidMotion, ...] = ()

    @property
    def n_geometries(self) -> int:
        """Displaced geometries to calculate."""
        return sum(1 if d.turned else 2 for d in self.displacements)

    def places(self, operation: Isometry) -> np.ndarray:
        """(n,) int: where in ``indices`` the operation puts each of them."""
        where = {int(atom): place for place, atom in enumerate(self.indices)}
        return np.array([where[int(operation.permutation[atom])] for atom in self.indices])

    def forces_turned(self, forces: np.ndarray, operation: Isometry) -> np.ndarray:
        """Return the (n, 3) forces of the rotated structure."""
        turned = np.empty_like(forces)
        turned[self.places(operation)] = forces @ operation.rotation.T
        return turned

    def force_derivatives(self, slopes: Sequence[np.ndarray], forces: np.ndarray) -> np.ndarray:
        """Return the (3n, 3n) derivatives, rows by displaced coordinate.

        Parameters
        ----------
        slopes : sequence of (n, 3) array
            Derivative of the forces along each displacement, its sign that of the answer.
        forces : (n, 3) array
            Where nothing is displaced, of the same sign.
        """
        n = len(self.indices)
        turned = [forces @ motion.rate.T for motion in self.motions]
        found = self._spread([s.reshape(n, 3) for s in slopes], self.forces_turned, turned)
        return found.reshape(3 * n, 3 * n)

    def vector_derivatives(self, slopes: Sequence[np.ndarray], vector: np.ndarray) -> np.ndarray:
        """Return the (3n, 3) derivatives of a vector from its (3,) ones along displacements.

        ``vector`` ((3,)) is what it is where nothing is displaced, and no translation changes it.
        """
        turned = [motion.rate @ vector for motion in self.motions]
        found = self._spread(slopes, lambda v, operation: operation.rotation @ v, turned)
        return found.reshape(3 * len(self.indices), 3)

    def _spread(
        self, slopes: Sequence[np.ndarray], turn: _Turn, of_motions: Sequence[np.ndarray]
    ) -> np.ndarray:
        """(3n, k): solve for the derivatives along all coordinates, best in the mean."""
        answers = [
            turn(slope, operation).ravel() for slope in slopes for operation in self.operations
        ]
        answers += [answer.ravel() for answer in of_motions]
        rows = self.rows
        found: np.ndarray = np.linalg.solve(rows.T @ rows, rows.T @ np.array(answers))
        return found

    @cached_property
    def rows(self) -> np.ndarray:
        """(m, 3n): all displacements whose answers are known, by symmetry and as rigid motions."""
        n = len(self.indices)
        rows = np.zeros((len(self.displacements) * len(self.operations), n, 3))
        pairs = ((d, o) for d in self.displacements for o in self.operations)
        places = {int(atom): place for place, atom in enumerate(self.indices)}
        for row, (displacement, operation) in zip(rows, pairs, strict=True):
            image = int(operation.permutation[displacement.atom])
            row[places[image]] = operation.rotation @ displacement.direction
        rigid = [motion.displacement.ravel() for motion in self.motions]
        return np.array([*rows.reshape(-1, 3 * n), *rigid])

    @property
    def least_known(self) -> float:
        """Smallest singular value of the displacements; 1 where all are perpendicular."""
        return float(np.sqrt(max(0.0, np.linalg.eigvalsh(self.rows.T @ self.rows)[0])))


def displacement_plan(
    atoms: Atoms,
    indices: Sequence[int],
    *,
    use_symmetry: bool = True,
    use_motions: bool = False,
) -> DisplacementPlan:
    """Return the fewest displacements that give all second derivatives of some atoms.

    Parameters
    ----------
    atoms : Atoms
        Finite where symmetry is used: a periodic structure is displaced along x, y and z.
    indices : sequence of int
        The n atoms.
    use_symmetry : bool
        Switched off where the electrons may break the symmetry of the nuclei.
    use_motions : bool
        Whether all that is asked for follows when the structure moves as a whole: it is finite,
        nothing holds it and, for the sake of its dipole, it is neutral.
    """
    own = np.array([int(i) for i in indices], np.intp)
    operations = _operations(atoms, own, use_symmetry and not atoms.pbc.any())
    done: set[int] = set()
    displacements: list[Displacement] = []
    for atom in map(int, own):
        if atom in done:
            continue
        done |= {int(operation.permutation[atom]) for operation in operations}
        stays = [operation for operation in operations if operation.permutation[atom] == atom]
        displacements += [Displacement(atom, d, _turning(d, stays)) for d in _directions(stays)]
    plan = DisplacementPlan(own, tuple(displacements), tuple(operations))
    free = use_motions and len(own) == len(atoms) and not atoms.pbc.any()
    return _without_needless(plan, atoms.positions[own]) if free else plan


def _without_needless(plan: DisplacementPlan, positions: np.ndarray) -> DisplacementPlan:
    """Leave out displacements that rigid motions make up for, the dearest first."""
    least = plan.least_known * (1 - 1e-6)
    chosen = plan
    motions = _motions(positions)
    for displacement in sorted(plan.displacements, key=lambda d: d.turned is not None):
        left = tuple(d for d in chosen.displacements if d is not displacement)
        tried = replace(chosen, displacements=left, motions=motions)
        if left and tried.least_known >= min(least, _INDEPENDENT):
            chosen = tried
    return chosen


def _motions(positions: np.ndarray) -> tuple[RigidMotion, ...]:
    """Return three translations and the rotations, two of a linear structure."""
    n = len(positions)
    found = [
        RigidMotion(np.tile(axis, (n, 1)) / np.sqrt(n), np.zeros((3, 3))) for axis in np.eye(3)
    ]
    x = positions - positions.mean(axis=0)
    _, sizes, axes = np.linalg.svd(x, full_matrices=True)
    sizes = np.append(sizes, np.zeros(3 - len(sizes)))
    for k, axis in enumerate(axes):
        norm = float(np.sqrt((np.delete(sizes, k) ** 2).sum()))
        if norm > TOLERANCE * np.sqrt(n):
            rate = np.cross(np.eye(3), axis) / norm  # rate @ v = axis × v / norm
            found.append(RigidMotion(x @ rate.T, rate))
    return tuple(found)


def _operations(atoms: Atoms, own: np.ndarray, use_symmetry: bool) -> list[Isometry]:
    """Return those that leave the chosen atoms among themselves; the identity first."""
    if not use_symmetry or len(atoms) < 2:
        return [Isometry(np.eye(3), np.arange(len(atoms)))]
    members = set(own.tolist())
    return [
        found
        for found in isometries(atoms, TOLERANCE)
        if members.issuperset(found.permutation[own].tolist())
    ]


def _directions(stays: list[Isometry]) -> list[np.ndarray]:
    """Return the directions with the fewest geometries whose images span space."""
    axes = list(np.eye(3))
    if len(stays) == 1:
        return axes
    special = _distinct([*axes, *(axis for s in stays for axis in _axes(s.rotation))])
    candidates = _distinct([*special, *_diagonals(special)])
    best: tuple[int, int, float] | None = None
    chosen = axes
    for size in (1, 2, 3):
        if best is not None and best[0] <= size:
            break  # as many geometries at least
        for picked in combinations(candidates, size):
            images = np.array([s.rotation @ d for d in picked for s in stays])
            smallest = np.linalg.svd(images, compute_uv=False)
            if len(smallest) < 3 or smallest[-1] < _INDEPENDENT:
                continue
            n_geometries = sum(1 if _turning(d, stays) else 2 for d in picked)
            rank = (n_geometries, size, -round(float(smallest[-1]), 3))
            if best is None or rank < best:
                best, chosen = rank, list(picked)
    return chosen


def _axes(rotation: np.ndarray) -> list[np.ndarray]:
    """Return the axis of a rotation, the normal of a mirror; nothing of identity and inversion."""
    values, vectors = np.linalg.eig(rotation)
    own = [k for k in range(3) if abs(values[k].imag) < 1e-6]
    counts = [sum(abs(values[k].real - values[j].real) < 1e-3 for j in own) for k in own]
    return [
        np.real(vectors[:, k]) / np.linalg.norm(np.real(vectors[:, k]))
        for k, n in zip(own, counts, strict=True)
        if n == 1
    ]


def _diagonals(directions: list[np.ndarray]) -> list[np.ndarray]:
    """Return those between two or three perpendicular ones: one of them may do for all three."""
    return [
        np.sum(picked, axis=0) / np.sqrt(size)
        for size in (2, 3)
        for picked in combinations(directions, size)
        if all(abs(a @ b) < 1e-3 for a, b in combinations(picked, 2))
    ]


def _distinct(directions: list[np.ndarray]) -> list[np.ndarray]:
    """Leave out those that are along one before, either way."""
    kept: list[np.ndarray] = []
    for direction in directions:
        if all(abs(direction @ other) < 0.99 for other in kept):
            kept.append(direction)
    return kept


def _turning(direction: np.ndarray, stays: list[Isometry]) -> Isometry | None:
    """Return an operation that turns the direction round."""
    for operation in stays:
        if np.allclose(operation.rotation @ direction, -direction, atol=1e-3):
            return operation
    return None
