"""Cages of four- and six-membered rings: every one with a given number of formula units.

A cage of (ME)n is a trivalent planar graph of 2n atoms and 3n bonds. By Euler's relation it has
n + 2 rings, and when these have four or six members, exactly six of them have four. All rings are
even, so the graph is bipartite: every bond joins an M and an E.

Cages are found as face spirals (P. W. Fowler and D. E. Manolopoulos, An Atlas of Fullerenes,
1995): rings are wound around a first one like the peel of an orange, and the sequence of their
sizes fixes the cage. The smallest of a cage's spirals is its name; the number of ways to write it
is the order of its symmetry group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.records import Record

LARGEST = 40
"""Largest cage that is enumerated, formula units; the work grows with the sixth power."""

Triangle = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Cage(Record, written=("n", "spiral", "order")):
    """A trivalent planar cage with rings of four and six atoms.

    Attributes
    ----------
    spiral : tuple of int
        Ring sizes along the canonical spiral (the smallest one that starts on a four-ring).
    order : int
        Symmetry operations of the graph, reflections included, all atoms taken as alike.
    rings : tuple of tuple of int
        Atoms around each ring, in the order of the spiral.
    edges : (3n, 2) int array
        Bonds i < j.
    colours : (2n,) int array
        0 or 1; bonded atoms differ. Atom 0 has 0.
    """

    spiral: tuple[int, ...]
    order: int
    rings: tuple[tuple[int, ...], ...]
    edges: np.ndarray
    colours: np.ndarray

    @property
    def n(self) -> int:
        """Formula units: half the number of atoms."""
        return len(self.colours) // 2

    @property
    def isolated_squares(self) -> bool:
        """Whether no two four-rings share an atom."""
        atoms = [a for ring in self.rings if len(ring) == 4 for a in ring]
        return len(set(atoms)) == len(atoms)

    def summary(self) -> str:
        """Return one line for people."""
        squares = sum(size == 4 for size in self.spiral)
        kind = "isolated" if self.isolated_squares else "some adjacent"
        return (
            f"cage of {2 * self.n} atoms: {squares} four-rings ({kind}), "
            f"{len(self.spiral) - squares} six-rings, graph symmetry of order {self.order}"
        )


def cages(n: int) -> list[Cage]:
    """Return every cage of n formula units with rings of four and six atoms.

    Parameters
    ----------
    n : int
        Formula units, 4 (the cube) … 40.

    Returns
    -------
    list of Cage
        Each once (mirror images are one cage): isolated four-rings first, then the most symmetric.
        Cages that no spiral from a four-ring winds up would be missing; none is known at these
        sizes. There is none for n = 5.

    Raises
    ------
    StructureError
        n is not a whole number from 4 to 40.
    """
    if not is_whole(n) or not 4 <= n <= LARGEST:
        raise StructureError(
            f"cage of n={n!r} formula units: expected a whole number from 4 to {LARGEST}"
        )
    return list(_cages(int(n)))


def best_cage(n: int) -> Cage:
    """Return the cage with isolated four-rings and the highest symmetry.

    For n = 4 (k² + kl + l²) this is the octahedral Goldberg–Coxeter cage (k, l): 12, 16, 28, …
    (M. Deza and M. Dutour Sikirić, arXiv:math/0212352).

    Raises
    ------
    StructureError
        There is no cage of that size.
    """
    found = cages(n)
    if not found:
        raise StructureError(f"no cage of four- and six-rings has n={n}; expected 4, 6, 7, 8, …")
    return found[0]


@cache
def _cages(n: int) -> tuple[Cage, ...]:
    found: dict[tuple[int, ...], Cage] = {}
    seen: set[tuple[int, ...]] = set()
    for sizes, triangles in _windings(n + 2):
        if sizes in seen:
            continue
        spirals = _spirals(triangles, sizes)
        seen.update(spirals)
        canonical = min(spirals)
        if canonical not in found:
            found[canonical] = _cage(canonical, spirals.count(canonical))
    return tuple(sorted(found.values(), key=lambda c: (not c.isolated_squares, -c.order, c.spiral)))


@dataclass(frozen=True)
class _Peel:
    """Rings wound so far: the open boundary (ring, missing neighbours) and the closed corners.

    The boundary is cyclic; the next ring is laid over its last and first member. Each triangle is
    three rings that meet in an atom, all turned the same way.
    """

    boundary: tuple[tuple[int, int], ...]
    triangles: tuple[Triangle, ...]

    def add(self, ring: int, size: int) -> _Peel | None:
        """Return the peel with one more ring, or None where it does not fit."""
        open_rings = list(self.boundary)
        triangles = [(open_rings[-1][0], open_rings[0][0], ring)]
        _use(open_rings, 0)
        _use(open_rings, -1)
        left = size - 2
        for end in (0, -1):
            while open_rings[end][1] == 0:
                closed = open_rings.pop(end)[0]
                if not open_rings:
                    return None
                after = open_rings[end][0]
                triangles.append((ring, closed, after) if end == 0 else (after, closed, ring))
                _use(open_rings, end)
                left -= 1
        if left < 1 or min(missing for _, missing in open_rings) < 1:
            return None
        return _Peel((*open_rings, (ring, left)), (*self.triangles, *triangles))

    def close(self, ring: int, size: int) -> tuple[Triangle, ...] | None:
        """Return all corners once the last ring fills the hole, or None where it does not fit."""
        members = [r for r, _ in self.boundary]
        if len(members) != size or any(missing != 1 for _, missing in self.boundary):
            return None
        around = zip(members, [*members[1:], members[0]], strict=True)
        return (*self.triangles, *((a, b, ring) for a, b in around))


def _use(open_rings: list[tuple[int, int]], end: int) -> None:
    ring, missing = open_rings[end]
    open_rings[end] = (ring, missing - 1)


def _windings(n_rings: int) -> Iterator[tuple[tuple[int, ...], tuple[Triangle, ...]]]:
    """Yield ring sizes and corners of every closed spiral that starts on a four-ring."""
    for second in (4, 6):
        start = _Peel(((0, 3), (1, second - 1)), ())
        yield from _extend(start, (4, second), n_rings)


def _extend(
    peel: _Peel, sizes: tuple[int, ...], n_rings: int
) -> Iterator[tuple[tuple[int, ...], tuple[Triangle, ...]]]:
    ring, squares = len(sizes), sizes.count(4)
    left = n_rings - ring
    for size in (4, 6):
        after = squares + (size == 4)
        if after > 6 or after + left - 1 < 6:
            continue
        if left == 1:
            triangles = peel.close(ring, size)
            if triangles is not None and _simple(triangles):
                yield (*sizes, size), triangles
            continue
        longer = peel.add(ring, size)
        if longer is not None:
            yield from _extend(longer, (*sizes, size), n_rings)


def _simple(triangles: tuple[Triangle, ...]) -> bool:
    """Whether two rings share one bond at most."""
    directed = [(t[i], t[(i + 1) % 3]) for t in triangles for i in range(3)]
    return len(set(directed)) == len(directed)


def _spirals(triangles: tuple[Triangle, ...], sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every spiral that starts on a four-ring: each neighbour of each one, both ways round."""
    third = {(t[i], t[(i + 1) % 3]): t[(i + 2) % 3] for t in triangles for i in range(3)}
    mirrored = {(b, a): c for (a, b), c in third.items()}
    found = []
    for apex in (third, mirrored):
        for first, second in apex:
            if sizes[first] == 4:
                spiral = _peeled(apex, sizes, first, second)
                if spiral is not None:
                    found.append(spiral)
    return found


def _peeled(
    apex: dict[tuple[int, int], int], sizes: tuple[int, ...], first: int, second: int
) -> tuple[int, ...] | None:
    """Sizes along the spiral that starts with two neighbouring rings, None if it gets stuck."""
    peel = _Peel(((first, sizes[first] - 1), (second, sizes[second] - 1)), ())
    order, used = [first, second], {first, second}
    while len(order) < len(sizes) - 1:
        ring = apex[(peel.boundary[-1][0], peel.boundary[0][0])]
        longer = None if ring in used else peel.add(ring, sizes[ring])
        if longer is None:
            return None
        peel = longer
        order.append(ring)
        used.add(ring)
    order += [ring for ring in range(len(sizes)) if ring not in used]
    return tuple(sizes[ring] for ring in order)


def _cage(spiral: tuple[int, ...], order: int) -> Cage:
    """Build the graph of a spiral: an atom where three rings meet, a bond where two do."""
    peel: _Peel | None = _Peel(((0, spiral[0] - 1), (1, spiral[1] - 1)), ())
    for ring in range(2, len(spiral) - 1):
        peel = peel.add(ring, spiral[ring]) if peel is not None else None
    triangles = peel.close(len(spiral) - 1, spiral[-1]) if peel is not None else None
    if triangles is None:
        raise StructureError(f"ring sizes {list(spiral)} do not wind up to a closed cage")
    corner = {(t[i], t[(i + 1) % 3]): a for a, t in enumerate(triangles) for i in range(3)}
    edges = np.array(sorted((a, corner[(s, r)]) for (r, s), a in corner.items() if r < s))
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    rings = tuple(_around(r, triangles) for r in range(len(spiral)))
    return Cage(spiral, order, rings, edges, _two_colours(edges, len(triangles)))


def _around(ring: int, triangles: tuple[Triangle, ...]) -> tuple[int, ...]:
    """Atoms of a ring in order: each corner leads to the one across its next bond."""
    following = {}
    for atom, triangle in enumerate(triangles):
        if ring in triangle:
            i = triangle.index(ring)
            following[triangle[(i + 1) % 3]] = (triangle[(i + 2) % 3], atom)
    start = next(iter(following))
    atoms, neighbour = [], start
    while True:
        neighbour, atom = following[neighbour]
        atoms.append(atom)
        if neighbour == start:
            return tuple(atoms)


def _two_colours(edges: np.ndarray, n_atoms: int) -> np.ndarray:
    """Colour a bipartite graph, atom 0 with 0."""
    neighbours: list[list[int]] = [[] for _ in range(n_atoms)]
    for i, j in edges.tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    colours = np.full(n_atoms, -1)
    colours[0], queue = 0, [0]
    for i in queue:
        for j in neighbours[i]:
            if colours[j] < 0:
                colours[j] = 1 - colours[i]
                queue.append(j)
    return colours
