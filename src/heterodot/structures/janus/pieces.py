"""The two pieces of a Janus nanocrystal: a cuboid and a cap, both cut in whole layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures.dots.lattice import Facet, cut
from heterodot.structures.interfaces.layers import LayerStack, layer_stack
from heterodot.structures.interfaces.terminations import stack_terminations

Miller = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Face:
    """Where one pair of opposite faces of a cuboid lies.

    Attributes
    ----------
    miller : tuple of three int
        Of the upper face; the lower one is its negative.
    upper, lower : float
        Heights of the outermost atoms along the normal, Å, from the crystal's origin.
    upper_gap, lower_gap : float
        Empty height outside them, Å.
    terminations : tuple of two str
        Upper and lower.
    """

    miller: Miller
    upper: float
    lower: float
    upper_gap: float
    lower_gap: float
    terminations: tuple[str, str]

    @property
    def edge(self) -> float:
        """Distance of the outermost atoms, Å."""
        return self.upper - self.lower


def place_faces(crystal: Atoms, miller: Miller, edge: float, termination: str | None) -> Face:
    """Choose the layers that end a cuboid along one direction.

    Both faces have the termination asked for, or one of those that cut the weakest bonds; then the
    one that comes nearest to the edge.

    Parameters
    ----------
    crystal : Atoms
        The crystal.
    miller : three int
        The plane.
    edge : float
        Wanted distance of the outermost atoms, Å.
    termination : str, optional
        Name of the layer, such as "CsBr"; "any" lets the two faces differ.

    Raises
    ------
    StructureError
        There is no such layer, or the edge is thinner than a layer.
    """
    stack = layer_stack(crystal, miller)
    alike = termination != "any"
    wanted = termination if alike else None
    upper = _candidates(stack, wanted, miller, top=True)
    lower = _candidates(stack, wanted, miller, top=False)
    n, turns = stack.n_layers, int(edge / stack.period)
    tops = [k for k in range(max(0, turns - 1) * n, (turns + 3) * n) if k % n in upper]
    bottoms = [m for m in range(n) if m in lower]
    names = {t.index: t.name for t in stack_terminations(stack)}
    choices = [
        (abs(_top(stack, k) - _bottom(stack, m) - edge), m, k)
        for m in bottoms
        for k in tops
        if k >= m and (not alike or names[k % n] == names[m % n])
    ]
    if not choices:
        raise StructureError(
            f"no two layers of {miller} end alike about {edge:g} Å apart: give a termination"
        )
    least = min(round(c[0], 3) for c in choices)
    _, m, k = min((c for c in choices if round(c[0], 3) == least), key=lambda c: c[1:])
    return Face(
        miller,
        _top(stack, k),
        _bottom(stack, m),
        float(stack.gaps[k % n]),
        float(stack.gaps[(m - 1) % n]),
        (names[k % n], names[m % n]),
    )


def _top(stack: LayerStack, layer: int) -> float:
    turns, k = divmod(layer, stack.n_layers)
    return float(stack.tops[k] + turns * stack.period)


def _bottom(stack: LayerStack, layer: int) -> float:
    turns, k = divmod(layer, stack.n_layers)
    return float(stack.bottoms[k] + turns * stack.period)


def _candidates(
    stack: LayerStack, termination: str | None, miller: Miller, *, top: bool
) -> set[int]:
    """Layers a face may end with: those asked for, or those that cut the weakest bonds."""
    found = stack_terminations(stack)
    if termination is not None:
        named = {t.index for t in found if t.name == termination}
        if not named:
            names = sorted({t.name for t in found})
            raise StructureError(
                f"termination {termination!r}: the layers of {miller} are {', '.join(names)}"
            )
        return named
    strength = {t.index: t.strength_above if top else t.strength_below for t in found}
    least = min(strength.values())
    return {k for k, value in strength.items() if value < least + 1e-6}


def cuboid(crystal: Atoms, faces: Sequence[Face]) -> Atoms:
    """Cut the body between the faces; its layers are counted inward from the first upper face."""
    facets = []
    for face in faces:
        h, k, m = face.miller
        facets.append(Facet((h, k, m), face.upper + 0.4 * face.upper_gap))
        facets.append(Facet((-h, -k, -m), -face.lower + 0.4 * face.lower_gap))
    return cut(crystal, facets)


@dataclass(frozen=True, eq=False)
class Cap:
    """A hemisphere, its flat face at height 0 along the normal, its centre at the origin.

    Attributes
    ----------
    atoms : Atoms
        In the frame of its crystal.
    termination : str
        The layer of the flat face.
    dropped : int
        Atoms left out because they had too few bonds.
    """

    atoms: Atoms
    termination: str
    dropped: int


def hemispheres(
    crystal: Atoms, miller: Miller, radius: float, termination: str | None
) -> list[Cap]:
    """Cut hemispheres whose flat face is a whole layer of (-h -k -l), the rest above it.

    Parameters
    ----------
    crystal : Atoms
        The crystal.
    miller : three int
        The plane; its normal points away from the flat face.
    radius : float
        Å.
    termination : str, optional
        The layer of the flat face; by default one for each kind of layer that cuts the weakest
        bonds.

    Raises
    ------
    StructureError
        There is no such layer, or nothing is left.
    """
    stack = layer_stack(crystal, miller)
    names = {t.index: t.name for t in stack_terminations(stack)}
    kinds: dict[str, int] = {}
    for layer in sorted(_candidates(stack, termination, miller, top=False)):
        kinds.setdefault(names[layer], layer)
    caps = [_hemisphere(stack, layer, radius, name) for name, layer in kinds.items()]
    filled = [cap for cap in caps if len(cap.atoms)]
    if not filled:
        raise StructureError(f"radius {radius:g} Å: no atom of the cap has two bonds; enlarge it")
    return filled


def _hemisphere(stack: LayerStack, layer: int, radius: float, name: str) -> Cap:
    crystal, normal = stack.cell.crystal, stack.cell.frame[2]
    base = float(stack.bottoms[layer])
    h, k, m = stack.cell.miller
    below = float(stack.gaps[(layer - 1) % stack.n_layers])
    atoms = cut(
        crystal,
        [Facet((-h, -k, -m), 0.4 * below)],
        sphere=radius,
        centre=crystal.cell.scaled_positions(base * normal),
    )
    kept = _well_bonded(atoms, atoms.positions @ normal < stack.tops[layer] - base + 0.1)
    return Cap(atoms[kept], name, len(atoms) - len(kept))


def _well_bonded(atoms: Atoms, flat: np.ndarray) -> np.ndarray:
    """Return what remains when atoms with one bond or none go, again and again.

    Atoms of the flat face, which will be bonded below, need one bond.
    """
    pairs = find_bonds(atoms).pairs
    alive = np.ones(len(atoms), bool)
    needed = np.where(flat, 1, 2)
    while True:
        live = pairs[alive[pairs].all(axis=1)]
        poor = alive & (np.bincount(live.ravel(), minlength=len(atoms)) < needed)
        if not poor.any():
            return np.flatnonzero(alive)
        alive &= ~poor
