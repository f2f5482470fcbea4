"""Internal coordinates of displaced atoms as directions that vibrations are compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
from ase import Atoms

from heterodot.analysis.vibrations.internal_gradients import angle_gradients, torsion_gradients
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
    found = chain(
        _stretches(atoms, moving, bonds),
        _bends(atoms, moving, bonds),
        _torsions(atoms, moving, bonds),
        _out_of_plane(atoms, moving, bonds),
        _external(atoms, moving),
    )
    roots = np.sqrt(np.repeat(atoms.get_masses()[moving], 3))
    together: dict[str, list[np.ndarray]] = {}
    for label, rows, is_displacement in found:
        weighted = np.atleast_2d(rows) * (roots if is_displacement else 1 / roots)
        collected = together.setdefault(label, [])
        collected.append(weighted)
        if sum(map(len, collected)) > 16 * len(roots):
            together[label] = [_fewer(np.concatenate(collected))]
    spans = {label: _orthonormal(np.concatenate(rows)) for label, rows in together.items()}
    return [Motion(label, span) for label, span in spans.items() if len(span)]


_Row = tuple[str, np.ndarray, bool]  # label, rows, whether they are displacements or gradients


def _orthonormal(rows: np.ndarray) -> np.ndarray:
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    return np.asarray(vectors[values > 1e-6 * max(values.max(initial=0.0), 1e-12)])


def _fewer(rows: np.ndarray) -> np.ndarray:
    """Return no more rows than columns with the same span: a metal has thousands of torsions."""
    squares, vectors = np.linalg.eigh(rows.T @ rows)
    return np.asarray(np.sqrt(np.clip(squares, 0, None))[:, None] * vectors.T)


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


def _bends(atoms: Atoms, moving: list[int], bonds: Bonds) -> list[_Row]:
    """Bends of bonded triples a–b–c around a moving atom b, with another moving one."""
    rows: list[_Row] = []
    places, symbols = _places(atoms, moving), atoms.get_chemical_symbols()
    for b in moving:
        around, vectors = _around(bonds, b)
        one, other = np.triu_indices(len(around), 1)
        kept = (places[around[one]] >= 0) | (places[around[other]] >= 0)
        one, other = one[kept], other[kept]
        straight = _cosines(vectors[one], vectors[other]) < np.cos(np.radians(_STRAIGHT))
        for m, n in zip(one[straight], other[straight], strict=True):
            triple = (int(around[m]), b, int(around[n]))
            rows.append(
                (_bend(symbols, triple), _linear_bend(moving, triple, *vectors[[m, n]]), False)
            )
        one, other = one[~straight], other[~straight]
        triples = np.column_stack([around[one], np.full(len(one), b), around[other]])
        gradients = angle_gradients(vectors[one], vectors[other])
        names = [_bend(symbols, triple) for triple in triples.tolist()]
        rows += _spread(names, triples, gradients, places)
    return rows


def _bend(symbols: list[str], triple: Sequence[int]) -> str:
    a, b, c = (symbols[k] for k in triple)
    return f"{c}–{b}–{a} bend" if a == "H" != c else f"{a}–{b}–{c} bend"


def _linear_bend(
    moving: list[int], triple: tuple[int, int, int], first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Both bends of three atoms in a line."""
    a, b, c = triple
    p, q = 1 / np.linalg.norm(first), 1 / np.linalg.norm(second)
    axis = np.linalg.svd(np.array([second - first]))[2]
    return np.array([_row(moving, {a: p * u, b: -(p + q) * u, c: q * u}) for u in axis[1:]])


def _torsions(atoms: Atoms, moving: list[int], bonds: Bonds) -> Iterator[_Row]:
    """Torsions around bonds between moving atoms, about an end that moves."""
    places, symbols = _places(atoms, moving), atoms.get_chemical_symbols()
    pairs = [(int(i), int(j)) for i, j in bonds.pairs if places[i] >= 0 and places[j] >= 0]
    for b, c in dict.fromkeys(pairs):  # once, also where images of an atom are bonded to another
        before, u = _around(bonds, b)
        after, w = _around(bonds, c)
        v = _vector(bonds, b, c)
        # neither end is the other, nor moves neither, nor is in line with the bond
        bent = np.cos(np.radians(180 - _STRAIGHT))
        left = (before != c) & (np.abs(_cosines(u, v[None])) <= bent)
        right = (after != b) & (np.abs(_cosines(v[None], w)) <= bent)
        allowed = left[:, None] & right & (before[:, None] != after)
        allowed &= (places[before] >= 0)[:, None] | (places[after] >= 0)
        m, n = np.nonzero(allowed)
        middle = np.broadcast_to([b, c], (len(m), 2))
        chains = np.column_stack([before[m], middle, after[n]])
        gradients = torsion_gradients(-u[m], np.broadcast_to(v, (len(m), 3)), w[n])
        names = [_torsion(symbols, row) for row in chains.tolist()]
        yield from _spread(names, chains, gradients, places)


def _torsion(symbols: list[str], four: Sequence[int]) -> str:
    named = [symbols[k] for k in four]
    return "–".join(named[::-1] if named[0] == "H" else named) + " torsion"


def _spread(
    names: list[str], chains: np.ndarray, gradients: np.ndarray, places: np.ndarray
) -> list[_Row]:
    """Return the rows of gradients (k, m, 3) of chains of m atoms (k, m), together by name."""
    wide = np.zeros((len(chains), int(places.max()) + 1, 3))
    for column, atoms in enumerate(chains.T):
        known = np.flatnonzero(places[atoms] >= 0)
        wide[known, places[atoms[known]]] = gradients[known, column]
    flat = wide.reshape(len(chains), 3 * wide.shape[1])
    listed = np.array(names, dtype=object)
    return [(name, flat[listed == name], False) for name in dict.fromkeys(names)]


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


def _around(bonds: Bonds, atom: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the atoms bonded to one, each once, and the vectors (Å) of their first bonds."""
    found, first = np.unique(bonds.neighbours(atom), return_index=True)
    return found, np.asarray(bonds.directions(atom))[first]


def _places(atoms: Atoms, moving: list[int]) -> np.ndarray:
    """(N,) place of each atom among those that move, −1 where it does not."""
    places = np.full(len(atoms), -1)
    places[moving] = np.arange(len(moving))
    return places


def _cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(k,) cosines between rows of vectors."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray((first * second).sum(axis=1) / lengths)


def _gradient(
    moving: list[int], points: dict[int, np.ndarray], value: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Return the derivative of a coordinate with respect to the moving atoms."""
    atoms, centre = list(points), np.array(list(points.values()))
    parts = {}
    for k, atom in enumerate(atoms):
        slope = np.zeros(3)
        for axis in range(3):
            up, down = centre.copy(), centre.copy()
            up[k, axis] += _STEP
            down[k, axis] -= _STEP
            slope[axis] = (value(up) - value(down)) / (2 * _STEP)
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
