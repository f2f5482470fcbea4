"""Shapes of magic-size clusters in CdSe: hollow cages, and cages with a core."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.clusters.cages import Cage, best_cage
from heterodot.structures.clusters.embedding import embed
from heterodot.structures.clusters.ionic import bonded, relax_ionic

_BOND = 2.6
"""Å, at which an embedded cage meets the pair potential."""
_INSIDE = 1.2
"""Å; an ion this near the middle is the core."""


@dataclass(frozen=True, eq=False)
class Shape:
    """Ions of a cluster in space.

    Attributes
    ----------
    positions : (2n, 3) float array
        Å, of CdSe.
    colours : (2n,) int array
        0 cation, 1 anion.
    parts : (2n,) str array
        "cage" or "core".
    cage : Cage or None
        The graph of the cage; None where it is not one of four- and six-rings.
    relaxed : bool
        Whether it is at rest; False for a cage that breaks in the pair potential and is left
        as embedded.
    """

    positions: np.ndarray
    colours: np.ndarray
    parts: np.ndarray
    cage: Cage | None
    relaxed: bool = True


@dataclass(frozen=True)
class CoreCage:
    """A small cage put into a larger one: the start of a relaxation.

    Attributes
    ----------
    cage, core : int
        Formula units of the outer cage and of the cage the core is taken from.
    rotation : (float, float, float)
        Rotation vector of the core, rad.
    shift : (float, float, float)
        Of the core's middle from the cage's, Å.
    missing : int or None
        Bond of the core (its number in ``Cage.edges``) whose two ions are left out.
    exchanged : bool
        Whether cations and anions of the core change places.
    """

    cage: int
    core: int
    rotation: tuple[float, float, float]
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    missing: int | None = None
    exchanged: bool = False


@dataclass(frozen=True)
class Stored:
    """The outcome of a search, taken as it is.

    Attributes
    ----------
    positions : tuple of (x, y, z)
        Å, of all cations, then all anions.
    """

    positions: tuple[tuple[float, float, float], ...]


def hollow(cage: Cage) -> Shape:
    """Return a cage at rest in the pair potential (as embedded where it breaks in it)."""
    start = embed(cage) * _BOND
    colours = cage.colours
    parts = np.full(2 * cage.n, "cage")
    try:
        _, positions = relax_ionic(start, colours)
    except StructureError:
        return Shape(start, colours, parts, cage, relaxed=False)
    if not np.array_equal(bonded(positions, colours), cage.edges):
        return Shape(start, colours, parts, cage, relaxed=False)
    return Shape(positions, colours, parts, cage)


def filled(recipe: CoreCage | Stored) -> Shape:
    """Return a cage with its core, relaxed together in the pair potential (or as stored)."""
    if isinstance(recipe, Stored):
        return _stored(recipe)
    outer, inner = _resting(recipe.cage), _resting(recipe.core)
    kept = np.ones(len(inner.colours), bool)
    if recipe.missing is not None:
        kept[best_cage(recipe.core).edges[recipe.missing]] = False
    core = inner.positions[kept]
    core = (core - core.mean(axis=0)) @ _rotation(recipe.rotation).T + np.array(recipe.shift)
    filling = inner.colours[kept]
    colours = np.concatenate([outer.colours, 1 - filling if recipe.exchanged else filling])
    _, positions = relax_ionic(np.vstack([outer.positions, core]), colours)
    parts = np.array(["cage"] * len(outer.colours) + ["core"] * len(core))
    return Shape(positions, colours, parts, outer.cage)


def _stored(recipe: Stored) -> Shape:
    positions = np.array(recipe.positions)
    positions = positions - positions.mean(axis=0)
    colours = np.repeat([0, 1], len(positions) // 2)
    inside = np.linalg.norm(positions, axis=1) < _INSIDE
    return Shape(positions, colours, np.where(inside, "core", "cage"), None)


@cache
def _resting(n: int) -> Shape:
    return hollow(best_cage(n))


def _rotation(vector: tuple[float, float, float]) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vector).as_matrix())
