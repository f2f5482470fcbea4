"""Internal coordinates of displaced atoms as directions that vibrations are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from ase import Atoms

from heterodot.bonds import Bonds, find_bonds

ALIKE = 0.03
"""Å: bonds of one atom to one element that differ by less are stretched together. Chosen; nothing
depends on it beyond the names of modes."""

_STRAIGHT = 175.0
"""Degrees: from here on a bend has two directions. Chosen; nothing depends on it beyond the names
of modes."""
_STEP = 1e-4
"""Å, for derivatives of angles, which are smooth over a thousand times that."""


@dataclass(frozen=True)
class Motion:
    """A kind of motion.

    Attributes
    ----------
    label : str
        "C–O asymmetric stretch", "O–C–O bend", "frustrated rotation", …
    directions : (k, 3n) float array
        Orthonormal mass-weighted displacements that span it.
    """

    label: str
    directions: np.ndarray

    def share(self, mode: np.ndarray) -> float:
        """Part of a normalised mass-weighted mode that lies in these directions, 0 to 1."""
        return float(((self.directions @ mode) ** 2).sum())


def motions(atoms: Atoms, indices: Sequence[int]) -> list[Motion]:
    """Stretches, bends, torsions, translations and rotations of the displaced atoms.

    Parameters
    ----------
    atoms : Atoms
    indices : sequence of int
        The n atoms that move; bonds from them to atoms that do not are counted in.
    """
    moving = list(indices)
    bonds = find_bonds(atoms)
    found = [
        *_stretches(atoms, moving, bonds),
        *_bends(atoms, moving, bonds),
        *_torsions(atoms, moving, bonds),
        *_out_of_plane(atoms, moving, bonds),
        *_external(atoms, moving),
    ]
    roots = np.sqrt(np.repeat(atoms.get_masses()[moving], 3))
    together: dict[str, list[np.ndarray]] = {}
    for label, rows, is_displacement in found:
        weighted = np.atleast_2d(rows) * (roots if is_displacement else 1 / roots)
        together.setdefault(label, []).append(weighted)
    spans = {label: _orthonormal(np.concatenate(rows)) for label, rows in together.items()}
    return [Motion(label, span) for label, span in spans.items() if len(span)]


_Row = tuple[str, np.ndarray, bool]  # label, rows, whether they are displacements or gradients


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(vectors[values > 1e-6 * max(values.max(initial=0.0), 1e-12)])


def _row(moving: list[int], parts: dict[int, np.ndarray]) -> np.ndarray:
    row = np.zeros((len(moving), 3))
    for atom, vector in parts.items():
        if atom in moving:
            row[moving.index(atom)] += vector
    return row.ravel()


def _stretches(atoms: Atoms, moving: list[int], bonds: Bonds) -> list[_Row]:
    """Single bonds; where an atom has several alike, their symmetric and asymmetric stretches."""
    groups: dict[tuple[int, str], list[tuple[float, np.ndarray]]] = {}
    for (i, j), vector, length in zip(bonds.pairs, bonds.vectors, bonds.lengths, strict=True):
        a, b = int(i), int(j)
        if a not in moving and b not in moving:
            continue
        unit = vector / length
        row = _row(moving, {a: -unit, b: unit})
        if a not in moving or b not in moving:  # a bond to the rest: seen from the moving atom
            a, b = (a, b) if a in moving else (b, a)
        elif _degree(bonds, b) > _degree(bonds, a):
            a, b = b, a
        groups.setdefault((a, atoms[b].symbol), []).append((float(length), row))
    rows: list[_Row] = []
    for (centre, partner), members in groups.items():
        name = _pair(atoms[centre].symbol, partner)
        for alike in _alike(sorted(members, key=lambda m: m[0])):
            stacked = np.array([row for _, row in alike])
            if len(alike) == 1:
                several = len(members) > 1 and {centre} <= set(moving)
                suffix = f" ({alike[0][0]:.2f} Å)" if several else ""
                rows.append((f"{name} stretch{suffix}", stacked, False))
            else:
                rows.append((f"{name} symmetric stretch", stacked.sum(axis=0), False))
                rows.append((f"{name} asymmetric stretch", np.diff(stacked, axis=0), False))
    return rows


def _alike(members: list[tuple[float, np.ndarray]]) -> list[list[tuple[float, np.ndarray]]]:
    groups = [[members[0]]]
    for member in members[1:]:
        if member[0] - groups[-1][-1][0] < ALIKE:
            groups[-1].append(member)
        else:
            groups.append([member])
    return groups


def _degree(bonds: Bonds, atom: int) -> int:
    return int(bonds.coordination[atom])


def _pair(a: str, b: str) -> str:
    """Name of a bond, hydrogen last, then oxygen, carbon first of the rest but metals."""
    order = {"H": 3, "O": 2, "C": 1}
    first, second = sorted((a, b), key=lambda s: order.get(s, 0))
    return f"{first}–{second}"


def _angles(moving: list[int], bonds: Bonds) -> list[tuple[int, int, int]]:
    """Bonded triples a–b–c around a moving atom b, with another moving one."""
    found = []
    for b in moving:
        around = sorted(set(map(int, bonds.neighbours(b))))
        for m, a in enumerate(around):
            found += [(a, b, c) for c in around[m + 1 :] if a in moving or c in moving]
    return found


def _bends(atoms: Atoms, moving: list[int], bonds: Bonds) -> list[_Row]:
    rows: list[_Row] = []
    for a, b, c in _angles(moving, bonds):
        first, second = _vector(bonds, b, a), _vector(bonds, b, c)
        cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
        name = f"{atoms[a].symbol}–{atoms[b].symbol}–{atoms[c].symbol} bend"
        if atoms[a].symbol == "H" != atoms[c].symbol:
            name = f"{atoms[c].symbol}–{atoms[b].symbol}–{atoms[a].symbol} bend"
        if np.degrees(np.arccos(np.clip(cosine, -1, 1))) > _STRAIGHT:
            rows.append((name, _linear_bend(moving, (a, b, c), first, second), False))
        else:
            points = {a: first, b: np.zeros(3), c: second}
            rows.append((name, _gradient(moving, points, _angle), False))
    return rows


def _linear_bend(
    moving: list[int], triple: tuple[int, int, int], first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Both bends of three atoms in a line."""
    a, b, c = triple
    p, q = 1 / np.linalg.norm(first), 1 / np.linalg.norm(second)
    axis = np.linalg.svd(np.array([second - first]))[2]
    return np.array([_row(moving, {a: p * u, b: -(p + q) * u, c: q * u}) for u in axis[1:]])


def _torsions(atoms: Atoms, moving: list[int], bonds: Bonds) -> list[_Row]:
    """Torsions around bonds between moving atoms, about an end that moves."""
    rows: list[_Row] = []
    pairs = [(int(i), int(j)) for i, j in bonds.pairs if int(i) in moving and int(j) in moving]
    for b, c in pairs:
        for a in map(int, bonds.neighbours(b)):
            for d in map(int, bonds.neighbours(c)):
                if len({a, b, c, d}) < 4 or (a not in moving and d not in moving):
                    continue
                u, v, w = _vector(bonds, b, a), _vector(bonds, b, c), _vector(bonds, c, d)
                flat = max(abs(_cosine(u, v)), abs(_cosine(v, w)))
                if flat > np.cos(np.radians(180 - _STRAIGHT)):
                    continue
                points = {a: u, b: np.zeros(3), c: v, d: v + w}
                chain = [a, b, c, d]
                if atoms[a].symbol == "H":
                    chain = chain[::-1]
                name = "–".join(atoms[k].symbol for k in chain)
                rows.append((f"{name} torsion", _gradient(moving, points, _dihedral), False))
    return rows


def _out_of_plane(atoms: Atoms, moving: list[int], bonds: Bonds) -> list[_Row]:
    """Return moving atoms against the plane of their three neighbours, where they lie in it."""
    rows: list[_Row] = []
    for b in moving:
        around = sorted(set(map(int, bonds.neighbours(b))))
        if len(around) != 3 or not set(around) <= set(moving):
            continue
        arms = np.array([_vector(bonds, b, a) for a in around])
        arms /= np.linalg.norm(arms, axis=1)[:, None]
        if abs(np.linalg.det(arms)) > 0.15:  # not planar
            continue
        normal = np.linalg.svd(arms)[2][2]
        points = {a: _vector(bonds, b, a) for a in around}
        points[b] = np.zeros(3)
        name = f"{atoms[b].symbol} out-of-plane bend"
        rows.append((name, _gradient(moving, points, partial(_height, normal=normal)), False))
    return rows


def _height(points: np.ndarray, normal: np.ndarray) -> float:
    """Height of the last of four points over the plane of the others, Å."""
    across = np.cross(points[1] - points[0], points[2] - points[0])
    return float(
        (points[3] - points[0]) @ across / np.linalg.norm(across) * np.sign(across @ normal)
    )


def _vector(bonds: Bonds, start: int, end: int) -> np.ndarray:
    """Å, along the first bond between two atoms."""
    which = int(np.flatnonzero(bonds.neighbours(start) == end)[0])
    return np.asarray(bonds.directions(start)[which])


def _cosine(u: np.ndarray, v: np.ndarray) -> float:
    return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))


def _angle(points: np.ndarray) -> float:
    return float(np.arccos(_cosine(points[0] - points[1], points[2] - points[1])))


def _dihedral(points: np.ndarray) -> float:
    b = np.diff(points, axis=0)
    m, n = np.cross(b[0], b[1]), np.cross(b[1], b[2])
    return float(np.arctan2(np.linalg.norm(b[1]) * (b[0] @ n), m @ n))


def _gradient(
    moving: list[int], points: dict[int, np.ndarray], value: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Return the derivative of an angle with respect to the moving atoms."""
    atoms, centre = list(points), np.array(list(points.values()))
    parts = {}
    for k, atom in enumerate(atoms):
        slope = np.zeros(3)
        for axis in range(3):
            up, down = centre.copy(), centre.copy()
            up[k, axis] += _STEP
            down[k, axis] -= _STEP
            difference = value(up) - value(down)
            slope[axis] = np.arctan2(np.sin(difference), np.cos(difference)) / (2 * _STEP)
        parts[atom] = slope
    return _row(moving, parts)


def _external(atoms: Atoms, moving: list[int]) -> list[_Row]:
    """Return translations, and rotations about the centre of mass, as displacements."""
    free = len(moving) == len(atoms) and not atoms.pbc.any()
    word = "" if free else "frustrated "
    n = len(moving)
    masses = atoms.get_masses()[moving]
    positions = atoms.positions[moving]
    if atoms.pbc.any():
        positions = positions[0] + atoms.get_distances(moving[0], moving, mic=True, vector=True)
    relative = positions - masses @ positions / masses.sum()
    translations = np.array([np.tile(axis, n) for axis in np.eye(3)])
    rotations = np.array([np.cross(axis, relative).ravel() for axis in np.eye(3)])
    rows: list[_Row] = [(f"{word}translation", translations, True)]
    if n > 1:
        rows.append((f"{word}rotation", rotations, True))
    return rows
