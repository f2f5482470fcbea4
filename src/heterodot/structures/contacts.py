"""How near atoms of two pieces may come: by the species that meet, not by one distance for all.

A cation and an anion may touch at the sum of their ionic radii (the smaller coordination numbers'
radii, so that tetrahedral bonds pass), less a tolerance. Two anions may come as near as the sum of
theirs; two cations not nearer than the sum of their covalent radii, for small as cations are, they
repel. Where an atom is neutral, the covalent radii count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii

from heterodot.errors import StructureError
from heterodot.structures.electrons import FORMAL_CHARGES

IONIC_RADII: dict[str, float] = {
    "Li": 0.59, "Na": 0.99, "K": 1.37, "Rb": 1.52, "Cs": 1.67,
    "Cu": 0.60, "Ag": 1.00, "Au": 1.37, "Mg": 0.57, "Ca": 1.00, "Sr": 1.18, "Ba": 1.35,
    "Mn": 0.66, "Fe": 0.63, "Co": 0.58, "Ni": 0.55, "Zn": 0.60, "Cd": 0.78, "Hg": 0.96, "Pb": 1.19,
    "Al": 0.39, "Ga": 0.47, "In": 0.62, "Bi": 1.03, "Ge": 0.39, "Sn": 0.55, "Ti": 0.605,
    "Zr": 0.72, "Mo": 0.65, "W": 0.66,
    "N": 1.46, "P": 2.12, "As": 2.22, "O": 1.40, "S": 1.84, "Se": 1.98, "Te": 2.21,
    "F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20,
}  # fmt: skip
"""Å. R. D. Shannon, Acta Cryst. A 32, 751 (1976), doi:10.1107/S0567739476001551: effective ionic
radii of the common ion, cations four-coordinate where they are so in these crystals (alkali and
alkaline-earth metals above Mg, Pb, Bi, Ti, Zr, Mo, W: six-coordinate; Au: +1). P and As: L.
Pauling, The Nature of the Chemical Bond, 3rd ed., 1960."""

TOUCH = 0.9
"""Atoms may come this much nearer than their radii say."""


def contact_distances(
    symbols_a: Sequence[str],
    symbols_b: Sequence[str],
    *,
    charges_a: Sequence[float] | None = None,
    charges_b: Sequence[float] | None = None,
    touch: float = TOUCH,
) -> np.ndarray:
    """Return the least distance allowed between atoms of two pieces.

    Parameters
    ----------
    symbols_a, symbols_b : sequence of str
        Elements.
    charges_a, charges_b : sequence of float, optional
        Formal charges (e), of which the sign counts; by default those of the common ions. Elements
        without one are neutral.
    touch : float
        Factor on the sums of ionic radii of unlike charges and of anions, and of the covalent
        radii of neutral atoms.

    Returns
    -------
    (A, B) float array
        Å.

    Raises
    ------
    StructureError
        A symbol is no element, the charges are not one number for each symbol, or ``touch`` is not
        above 0.
    """
    number = isinstance(touch, int | float | np.number) and not isinstance(touch, bool)
    if not number or not 0 < touch < np.inf:
        raise StructureError(f"touch {touch!r}: expected a factor above 0")
    signs, ionic, covalent = [], [], []
    for symbols, charges in ((symbols_a, charges_a), (symbols_b, charges_b)):
        numbers = _numbers(symbols)
        sign = _signs(symbols, charges)
        covalent.append(covalent_radii[numbers])
        ionic.append(
            np.array([IONIC_RADII.get(s, covalent_radii[atomic_numbers[s]]) for s in symbols])
        )
        signs.append(np.where(np.array([s == "H" for s in symbols], bool), 0.0, sign))
    product = np.multiply.outer(signs[0], signs[1])
    anions = np.logical_and.outer(signs[0] < 0, signs[1] < 0)
    by_ions = touch * np.add.outer(*ionic)
    by_atoms = np.add.outer(*covalent)
    out: np.ndarray = np.where(
        (product < 0) | anions, by_ions, np.where(product > 0, by_atoms, touch * by_atoms)
    )
    return out


def too_close(a: Atoms, b: Atoms, touch: float = TOUCH) -> np.ndarray:
    """Return the pairs of atoms, one of each piece, that are nearer than allowed.

    Parameters
    ----------
    a, b : Atoms
        Two finite pieces in one frame (periodicity is ignored). The array ``formal_charge`` is
        used where there is one.
    touch : float
        As for :func:`contact_distances`.

    Returns
    -------
    (M, 2) int array
        Indices into ``a`` and ``b``.
    """
    from scipy.spatial import cKDTree

    table, kind_a, kind_b = _table(a, b, touch)
    reach = float(table.max(initial=0.0))
    tree = cKDTree(b.positions)
    hits = cKDTree(a.positions).query_ball_tree(tree, reach)
    i = np.repeat(np.arange(len(a)), [len(h) for h in hits])
    j = np.array([k for h in hits for k in h], int)
    d = np.linalg.norm(a.positions[i] - b.positions[j], axis=1)
    close = d < table[kind_a[i], kind_b[j]] - 1e-6
    return np.column_stack([i[close], j[close]])


def _table(a: Atoms, b: Atoms, touch: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distances allowed between kinds of atoms, and the kind of each atom."""
    kinds, where = [], []
    for piece in (a, b):
        charge = piece.arrays.get("formal_charge")
        if charge is None:
            charge = np.array([FORMAL_CHARGES.get(s, 0) for s in piece.symbols], float)
        labels = np.array(
            [f"{s} {q:g}" for s, q in zip(piece.symbols, np.sign(charge), strict=True)]
        )
        unique, index = np.unique(labels, return_inverse=True)
        kinds.append([label.split() for label in unique])
        where.append(index)
    symbols = [[k[0] for k in side] for side in kinds]
    charges = [[float(k[1]) for k in side] for side in kinds]
    table = contact_distances(
        symbols[0], symbols[1], charges_a=charges[0], charges_b=charges[1], touch=touch
    )
    return table, where[0], where[1]


def _signs(symbols: Sequence[str], charges: Sequence[float] | None) -> np.ndarray:
    """(N,) signs of the charges: -1, 0 or 1."""
    known = [FORMAL_CHARGES.get(s, 0) for s in symbols] if charges is None else charges
    try:
        sign: np.ndarray = np.sign(np.asarray(known, float))
    except (TypeError, ValueError):
        sign = np.zeros(0)
    if sign.shape != (len(symbols),) or np.isnan(sign).any():
        raise StructureError(f"charges {charges!r}: expected {len(symbols)} numbers (e)")
    return sign


def _numbers(symbols: Sequence[str]) -> np.ndarray:
    if isinstance(symbols, str) or not isinstance(symbols, Sequence | np.ndarray):
        raise StructureError(f"symbols {symbols!r}: expected a list of elements")
    unknown = [s for s in symbols if s not in atomic_numbers or s == "X"]
    if unknown:
        raise StructureError(f"{unknown[0]!r}: is not an element")
    return np.array([atomic_numbers[s] for s in symbols], int)
