"""How near atoms of two pieces may come: by the species that meet, not by one distance for all.

A cation and an anion meet at the length of their bond, by bond valences. Like ions repel: two
anions touch at the sum of their ionic radii, two cations at a share of the sum of their van der
Waals radii, for small as cations are, they have an anion between them. Where an atom is neutral,
the covalent radii count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, formal_charges
from heterodot.structures.chemistry.radii import IONIC_RADII, van_der_waals_radii

Ion = tuple[str, float]
"""Element and formal charge, e; 0 for what is no ion."""

BOND_VALENCE: dict[str, tuple[float, float]] = {
    "Ag": (1.42, 1.12), "Al": (1.47, 1.13), "As": (2.23, 1.21), "B": (1.6, 0.79),
    "Ba": (0.97, 1.88), "Be": (1.47, 0.81), "Bi": (1.67, 1.54), "Br": (2.58, 1.13),
    "C": (2.0, 0.78), "Ca": (1.04, 1.5), "Cd": (1.46, 1.28), "Ce": (1.08, 1.68),
    "Cl": (2.74, 0.99), "Co": (1.7, 1.09), "Cr": (1.56, 1.16), "Cs": (0.86, 2.05),
    "Cu": (1.75, 0.87), "Dy": (1.1, 1.54), "Er": (1.11, 1.51), "Eu": (1.01, 1.62),
    "F": (3.98, 0.58), "Fe": (1.64, 1.16), "Ga": (1.82, 1.14), "Gd": (1.11, 1.58),
    "Ge": (1.51, 1.21), "H": (0.89, 0.38), "Hf": (1.23, 1.42), "Hg": (1.44, 1.32),
    "Ho": (1.1, 1.53), "I": (2.38, 1.33), "In": (1.49, 1.34), "Ir": (1.55, 1.37),
    "K": (0.91, 1.73), "La": (1.08, 1.71), "Li": (0.97, 1.0), "Lu": (1.14, 1.47),
    "Mg": (1.23, 1.21), "Mn": (1.6, 1.17), "Mo": (1.3, 1.37), "N": (2.61, 0.72),
    "Na": (1.01, 1.36), "Nb": (1.23, 1.4), "Nd": (1.07, 1.64), "Ni": (1.75, 1.04),
    "O": (3.15, 0.63), "P": (1.96, 1.09), "Pb": (1.55, 1.53), "Pd": (1.35, 1.11),
    "Pr": (1.07, 1.66), "Rb": (0.89, 1.84), "Re": (1.46, 1.37), "Rh": (1.54, 1.18),
    "Ru": (1.42, 1.21), "S": (2.35, 1.03), "Sb": (1.72, 1.41), "Sc": (1.2, 1.34),
    "Se": (2.51, 1.18), "Si": (1.58, 1.12), "Sm": (1.07, 1.61), "Sn": (1.72, 1.37),
    "Sr": (0.99, 1.66), "Ta": (1.33, 1.39), "Tb": (1.1, 1.56), "Te": (2.72, 1.4),
    "Th": (1.11, 1.7), "Ti": (1.32, 1.27), "Tl": (1.44, 1.62), "Tm": (1.11, 1.5),
    "U": (1.22, 1.59), "V": (1.45, 1.21), "W": (1.4, 1.38), "Y": (1.11, 1.52), "Yb": (1.06, 1.49),
    "Zn": (1.66, 1.07), "Zr": (1.22, 1.43),
}  # fmt: skip
"""Softness c (a kind of electronegativity) and size r (Å) of M. O'Keeffe and N. E. Brese, J. Am.
Chem. Soc. 113, 3226 (1991), doi:10.1021/ja00009a002, as pymatgen has them (BV_PARAMS)."""

COORDINATION: dict[str, int] = {
    "Na": 6, "K": 8, "Rb": 8, "Cs": 8, "Ca": 6, "Sr": 6, "Ba": 8, "Pb": 6, "Bi": 6,
    "Ti": 6, "Zr": 6, "Hf": 6, "Sn": 6, "Mo": 6, "W": 6, "V": 6, "Nb": 6, "Ta": 6, "Cr": 6,
}  # fmt: skip
"""Usual number of neighbours of a cation, among which it shares its charge; others have four."""

TOUCH = 0.9
"""Atoms may come this much nearer than their bond or their radii say."""

LIKE_IONS = 0.77
"""Rigid faces that were not made for each other may push like ions this much nearer than where
they touch: as near as oxygens ever are without a bond (2.16 Å in nitrate, N–O 1.245 Å, 0.77 of the
ionic radii; 2.29 Å on the shared edges of stishovite), until a relaxation moves them apart."""

STRONG_BOND = 0.5
"""Rigid faces may shorten a bond weaker than this (in valence units; that of Cd–S) to the length
of one this strong: Cs–S to 3.15 Å. Alkali ions yield so far: CsBr is 3.07 Å long as a molecule
and 3.72 Å as a crystal (K. P. Huber and G. Herzberg, Constants of Diatomic Molecules, 1979)."""

CATION_CONTACT = 0.65
"""Two cations touch at this share of the sum of their van der Waals radii (S. Alvarez, Dalton
Trans. 2013, 42, 8617): about as far apart as across a shared face or edge of two polyhedra (Al–Al
2.65 Å in corundum, 0.59; Ti–Ti 2.96 Å in rutile, 0.60; Cd–Cd 3.36 Å in CsCdBr3, 0.67)."""

BOND_SOFTNESS = 0.37
"""Å; the universal constant of bond valences."""


def ion_bond(
    cation: str, anion: str, charge: float | None = None, *, least_valence: float = 0.0
) -> float:
    """Return the length of a bond between two ions, Å.

    R0 − 0.37 Å ln(charge/coordination): R0 from softness and size of both elements (O'Keeffe and
    Brese), the cation's charge shared among its usual number of neighbours
    (:data:`COORDINATION`). Within 6 % of the crystals this package knows: Cd–S 2.53, Zn–S 2.34,
    Cd–Br 2.62, Zn–Br 2.43, Pb–Br 3.02, Ti–O 1.96 Å.

    Parameters
    ----------
    cation, anion : str
        Elements.
    charge : float, optional
        Of the cation, e; by default that of its common ion.
    least_valence : float
        The length of a bond at least this strong, valence units.

    Raises
    ------
    StructureError
        A symbol is no element.
    """
    for symbol in (cation, anion):
        _numbers([symbol])
    if cation not in BOND_VALENCE or anion not in BOND_VALENCE:
        return float(sum(_ionic_radius(symbol) for symbol in (cation, anion)))
    (c1, r1), (c2, r2) = BOND_VALENCE[cation], BOND_VALENCE[anion]
    soft = r1 * r2 * (np.sqrt(c1) - np.sqrt(c2)) ** 2 / (c1 * r1 + c2 * r2)
    valence = abs(FORMAL_CHARGES.get(cation, 1) if charge is None else charge)
    share = max(valence / COORDINATION.get(cation, 4), least_valence)
    return float(r1 + r2 - soft - BOND_SOFTNESS * np.log(share))


def bond_strength(a: Ion, b: Ion) -> float:
    """Return how much a bond between two ions counts: its valence over that of a tetrahedral M–X.

    Pauling's electrostatic bond strength, the cation's charge over its number of neighbours
    (:data:`COORDINATION`), is 1/2 for Cd–Br and 1/8 for Cs–S, which count 1 and 1/4; pairs with a
    neutral atom count 1 (L. Pauling, J. Am. Chem. Soc. 51, 1010 (1929)).
    """
    for (cation, charge), (_, other) in ((a, b), (b, a)):
        if charge > 0 > other:
            return 2 * charge / COORDINATION.get(cation, 4)
    return 1.0


def _ionic_radius(symbol: str) -> float:
    return float(IONIC_RADII.get(symbol, covalent_radii[atomic_numbers[symbol]]))


def contact_distances(
    symbols_a: Sequence[str],
    symbols_b: Sequence[str],
    *,
    charges_a: Sequence[float] | None = None,
    charges_b: Sequence[float] | None = None,
    touch: float = TOUCH,
    rigid: bool = False,
) -> np.ndarray:
    """Return the least distance allowed between atoms of two pieces.

    Parameters
    ----------
    symbols_a, symbols_b : sequence of str
        Elements.
    charges_a, charges_b : sequence of float, optional
        Formal charges (e); by default those of the common ions. Elements without one are neutral.
    touch : float
        Factor on all distances.
    rigid : bool
        Whether the atoms belong to rigid faces that were not made for each other: like ions may
        then be pushed to :data:`LIKE_IONS` of their distance, and bonds weaker than
        :data:`STRONG_BOND` shortened to that strength, so that the strong bonds decide.

    Returns
    -------
    (A, B) float array
        Å.

    Raises
    ------
    StructureError
        A symbol is no element, the charges are not one number for each symbol, or ``touch``
        is not above 0.
    """
    if not is_number(touch) or not 0 < touch < np.inf:
        raise StructureError(f"touch {touch!r}: expected a factor above 0")
    one = _ions(symbols_a, charges_a)
    two = _ions(symbols_b, charges_b)
    out = np.array([[_contact(p, q, bool(rigid)) for q in two] for p in one], float)
    return touch * out.reshape(len(one), len(two))


def _ions(symbols: Sequence[str], charges: Sequence[float] | None) -> list[Ion]:
    """Return element and charge of each atom; hydrogen, which bonds to both kinds, is neutral."""
    _numbers(symbols)
    known = _charges(symbols, charges)
    return [(s, 0.0 if s == "H" else float(q)) for s, q in zip(symbols, known, strict=True)]


@lru_cache(maxsize=4096)
def _contact(a: Ion, b: Ion, rigid: bool) -> float:
    """Return the distance at which two ions or atoms touch, Å."""
    (one, p), (two, q) = a, b
    if p * q < 0:
        cation, anion, charge = (one, two, p) if p > 0 else (two, one, q)
        return ion_bond(cation, anion, charge, least_valence=STRONG_BOND if rigid else 0.0)
    like = LIKE_IONS if rigid else 1.0
    if p < 0 and q < 0:
        return like * (_ionic_radius(one) + _ionic_radius(two))
    numbers = [atomic_numbers[one], atomic_numbers[two]]
    if p > 0 and q > 0:
        return like * CATION_CONTACT * float(van_der_waals_radii(numbers).sum())
    return float(covalent_radii[numbers].sum())


def ions_of(atoms: Atoms) -> tuple[list[Ion], np.ndarray]:
    """Return the different ions of a piece, and which of them each atom is, (N,).

    Charges are those of :func:`heterodot.structures.chemistry.electrons.formal_charges`, 0 where
    unknown.
    """
    charges = np.round(np.nan_to_num(formal_charges(atoms)), 3)
    labels = list(zip(atoms.get_chemical_symbols(), charges.tolist(), strict=True))
    unique = sorted(set(labels))
    where = {label: k for k, label in enumerate(unique)}
    return unique, np.array([where[label] for label in labels], int)


def _charges(symbols: Sequence[str], charges: Sequence[float] | None) -> np.ndarray:
    """(N,) formal charges, e; 0 for elements without one."""
    known = [FORMAL_CHARGES.get(s, 0) for s in symbols] if charges is None else charges
    try:
        given = np.asarray(known, float)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape != (len(symbols),) or np.isnan(given).any():
        raise StructureError(f"charges {charges!r}: expected {len(symbols)} numbers (e)")
    return given


def _numbers(symbols: Sequence[str]) -> np.ndarray:
    if isinstance(symbols, str) or not isinstance(symbols, Sequence | np.ndarray):
        raise StructureError(f"symbols {symbols!r}: expected a list of elements")
    unknown = [s for s in symbols if s not in atomic_numbers or s == "X"]
    if unknown:
        raise StructureError(f"{unknown[0]!r}: is not an element")
    return np.array([atomic_numbers[s] for s in symbols], int)
