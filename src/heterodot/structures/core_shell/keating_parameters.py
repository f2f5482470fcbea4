"""Bond lengths and force constants of the Keating valence force field.

The energy of P. N. Keating, Phys. Rev. 145, 637 (1966), in the form of R. M. Martin, Phys. Rev. B
1, 4005 (1970), has two constants for each kind of bond. Without Coulomb terms, a zinc-blende
crystal of lattice constant a has

    C11 + 2 C12 = (3α + β) / a,    C11 − C12 = 4β / a,    C44 = 4αβ / [a (α + β)],

so that α = a (C11 + 3 C12) / 4 and β = a (C11 − C12) / 4 give the measured bulk modulus and
C11 − C12 exactly, while C44 follows (Keating's identity): 10 % too low for GaAs, a third too low
for ZnSe, a quarter too high for ZnO. The constants here are made in this way from the measured
elastic constants in :data:`ELASTIC`; Martin's own (with Coulomb terms, fitted to all three) are in
:data:`MARTIN`, to compare with.

Of CdS, CdSe and ZnO, which are measured as wurtzite, the cubic constants are the least-squares
solution of the six relations between a cubic crystal seen along [111] and a hexagonal one, with the
internal strain between the two orientations of its tetrahedra (R. M. Martin, Phys. Rev. B 6, 4546
(1972)). Of ZnS, measured as both, this way gives 105.9, 61.7, 46.0 GPa from wurtzite (123.4, 58.5,
45.5, 139.6, 28.9) against 104.6, 65.3, 46.1 of zinc blende.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from heterodot.errors import StructureError

BERLINCOURT = "D. Berlincourt, H. Jaffe and L. R. Shiozawa, Phys. Rev. 129, 1009 (1963)"
VURGAFTMAN = "I. Vurgaftman, J. R. Meyer and L. R. Ram-Mohan, J. Appl. Phys. 89, 5815 (2001)"
MCSKIMIN = "H. J. McSkimin and D. G. Thomas, J. Appl. Phys. 33, 56 (1962)"
BATEMAN = "T. B. Bateman, J. Appl. Phys. 33, 3309 (1962)"


@dataclass(frozen=True)
class ElasticEntry:
    """Lattice constant and elastic constants of one compound, as measured.

    Attributes
    ----------
    a : float
        Cubic lattice constant, Å; of a compound measured as wurtzite, of the cubic cell of the
        same density unless zinc blende is known too.
    constants : tuple of float
        C11, C12, C44 (GPa); or C11, C12, C13, C33, C44 of wurtzite.
    source : str
        Of the elastic constants.
    """

    a: float
    constants: tuple[float, ...]
    source: str

    def cubic(self) -> tuple[float, float, float]:
        """Return C11, C12, C44 of zinc blende, GPa."""
        if len(self.constants) == 3:
            return self.constants[0], self.constants[1], self.constants[2]
        return _cubic_from_hexagonal(self.constants)


ELASTIC: dict[str, ElasticEntry] = {
    "Zn-S": ElasticEntry(5.409, (104.6, 65.3, 46.1), BERLINCOURT),
    "Zn-Se": ElasticEntry(5.668, (81.0, 48.8, 44.1), BERLINCOURT),
    "Zn-Te": ElasticEntry(6.103, (71.3, 40.7, 31.2), BERLINCOURT),
    "Cd-Te": ElasticEntry(6.482, (53.51, 36.81, 19.94), MCSKIMIN),
    "In-P": ElasticEntry(5.869, (101.1, 56.1, 45.6), VURGAFTMAN),
    "In-As": ElasticEntry(6.058, (83.29, 45.26, 39.59), VURGAFTMAN),
    "Ga-P": ElasticEntry(5.451, (140.5, 62.03, 70.33), VURGAFTMAN),
    "Ga-As": ElasticEntry(5.653, (122.1, 56.6, 60.0), VURGAFTMAN),
    "Cd-S": ElasticEntry(5.832, (90.7, 58.1, 51.0, 93.8, 15.04), f"wurtzite, {BERLINCOURT}"),
    "Cd-Se": ElasticEntry(6.05, (74.1, 45.2, 39.3, 83.6, 13.17), f"wurtzite, {BERLINCOURT}"),
    "Zn-O": ElasticEntry(4.566, (209.7, 121.1, 105.1, 210.9, 42.47), f"wurtzite, {BATEMAN}"),
}
"""By bond, cation first; room temperature. The lattice constants are those of the crystal table
where it has the crystal; else of O. Madelung, Semiconductors: Data Handbook, 3rd ed., 2004."""

MARTIN: dict[str, tuple[float, float]] = {
    "Ga-P": (47.32, 10.44), "Ga-As": (41.19, 8.95), "In-P": (43.04, 6.24), "In-As": (35.18, 5.50),
    "Zn-S": (44.92, 4.78), "Zn-Se": (35.24, 4.23), "Zn-Te": (31.35, 4.45), "Cd-Te": (29.02, 2.43),
}  # fmt: skip
"""α and β, N/m, of Martin 1970 (fitted together with Coulomb terms), as quoted since. They belong
to his energy, Coulomb terms included; give them as ``parameters`` to see the difference."""

TETRAHEDRAL_RADII: dict[str, float] = {
    "Be": 1.06, "Mg": 1.40, "Cu": 1.35, "Ag": 1.52, "Zn": 1.31, "Cd": 1.48, "Hg": 1.48,
    "Al": 1.26, "Ga": 1.26, "In": 1.44, "Ge": 1.22, "Sn": 1.40,
    "N": 0.70, "P": 1.10, "As": 1.18, "Sb": 1.36, "O": 0.66, "S": 1.04, "Se": 1.14, "Te": 1.32,
    "F": 0.64, "Cl": 0.99, "Br": 1.11, "I": 1.28,
}  # fmt: skip
"""Å; L. Pauling, The Nature of the Chemical Bond, 3rd ed., Cornell 1960, tetrahedral covalent
radii. They give the bond lengths of pairs without a crystal in the table (In–Se, Zn–P, Zn–Cl)."""

FIELDS = ("length", "alpha", "beta")


@dataclass(frozen=True)
class KeatingBond:
    """Constants of one kind of bond.

    Attributes
    ----------
    length : float
        Equilibrium length, Å.
    alpha, beta : float
        Stretching and bending constants, N/m.
    source : str
        What they are from.
    """

    length: float
    alpha: float
    beta: float
    source: str

    @property
    def estimated(self) -> bool:
        """Whether no crystal of this bond was there to give the constants."""
        return self.source.startswith("estimated")

    def elastic_constants(self) -> tuple[float, float, float]:
        """Return C11, C12, C44 (GPa) of the Keating crystal made of these bonds."""
        a = 0.4 * self.length / math.sqrt(3)  # a = 4 d / √3; 1 N/m over 1 Å is 10 GPa
        alpha, beta = self.alpha, self.beta
        return (alpha + 3 * beta) / a, (alpha - beta) / a, 4 * alpha * beta / (alpha + beta) / a


def bond_name(cation: str, anion: str) -> str:
    """Return the key of a bond in the tables, such as "In-P"."""
    return f"{cation}-{anion}"


@cache
def keating_table() -> dict[str, KeatingBond]:
    """Return the constants of every bond of :data:`ELASTIC`, derived as said above."""
    table = {}
    for name, entry in ELASTIC.items():
        c11, c12, _ = entry.cubic()
        alpha, beta = 0.025 * entry.a * (c11 + 3 * c12), 0.025 * entry.a * (c11 - c12)
        table[name] = KeatingBond(math.sqrt(3) / 4 * entry.a, alpha, beta, entry.source)
    return table


def keating_parameters(
    cation: str, anion: str, parameters: Mapping[str, Mapping[str, float]] | None = None
) -> KeatingBond:
    """Return length, α and β of a bond.

    Parameters
    ----------
    cation, anion : str
        Elements. A pair that is not in :data:`ELASTIC` (In–Se at an InP/ZnSe interface, In–O,
        Zn–Cl) has the sum of Pauling's tetrahedral radii as its length and, for α and β each, the
        mean of two means: over the tabulated bonds of the cation and over those of the anion.
    parameters : mapping, optional
        By bond ("In-Se"), any of ``length`` (Å), ``alpha`` and ``beta`` (N/m), instead of these.

    Raises
    ------
    StructureError
        Nothing is known of an element, or a value given is not a positive number.
    """
    name = bond_name(cation, anion)
    given = _checked((parameters or {}).get(name, {}), name)
    known = keating_table().get(name)
    if known is None and set(given) >= set(FIELDS):
        return KeatingBond(**given, source="given by the user")
    bond = known or _estimated(cation, anion)
    if not given:
        return bond
    return replace(bond, **given, source=f"{bond.source}; {', '.join(given)} given by the user")


def check_parameters(parameters: Any) -> None:
    """Refuse a mapping of bond parameters that could not be meant.

    Raises
    ------
    StructureError
        It is not a mapping of "Cation-Anion" to length, alpha and beta.
    """
    if parameters is None:
        return
    if not isinstance(parameters, Mapping):
        raise StructureError(
            f"parameters {parameters!r}: expected a mapping such as {{'In-Se': {{'length': 2.6}}}}"
        )
    for name, values in parameters.items():
        _checked(values, str(name))


def _checked(values: Any, name: str) -> dict[str, float]:
    if not isinstance(values, Mapping) or not set(values) <= set(FIELDS):
        raise StructureError(f"parameters of {name}: {values!r}, expected {', '.join(FIELDS)}")
    for field, value in values.items():
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not 0 < value < 1e4:
            raise StructureError(f"parameters of {name}: {field} {value!r}, expected above 0")
    return {field: float(value) for field, value in values.items()}


def _estimated(cation: str, anion: str) -> KeatingBond:
    missing = [e for e in (cation, anion) if e not in TETRAHEDRAL_RADII]
    table = keating_table()
    of_cation = [b for name, b in table.items() if name.split("-")[0] == cation]
    of_anion = [b for name, b in table.items() if name.split("-")[1] == anion]
    groups = [group for group in (of_cation, of_anion) if group]
    if missing or not groups:
        name = bond_name(cation, anion)
        raise StructureError(
            f"no valence-force-field constants for {name}: give parameters={{'{name}': "
            "{'length': … Å, 'alpha': … N/m, 'beta': … N/m}}"
        )
    alpha, beta = (
        float(np.mean([np.mean([getattr(b, field) for b in group]) for group in groups]))
        for field in ("alpha", "beta")
    )
    length = TETRAHEDRAL_RADII[cation] + TETRAHEDRAL_RADII[anion]
    return KeatingBond(length, alpha, beta, "estimated from Pauling radii and similar bonds")


def _cubic_from_hexagonal(constants: tuple[float, ...]) -> tuple[float, float, float]:
    """Least-squares C11, C12, C44 (GPa) of the cubic crystal most like a wurtzite one.

    Seen along [111] the cubic crystal has C14 = ±(C11 − C12 − 2 C44) / (3√2), of opposite sign in
    the two kinds of layers of wurtzite; the strain this causes between them softens C11 − C12
    (and C66) by C14²/C44 and C44 by C14²/C66. Solved by fixed-point iteration.
    """
    c11, c12, c13, c33, c44 = constants
    seen_along_111 = np.array(
        [[3, 3, 6], [1, 5, -2], [2, 4, -4], [2, 4, 8], [2, -2, 2], [1, -1, 4]], float
    ) / 6  # fmt: skip
    hexagonal = np.array([c11, c12, c13, c33, c44, (c11 - c12) / 2])
    softening = np.zeros(6)
    for _ in range(100):
        cubic = np.linalg.lstsq(seen_along_111, hexagonal + softening, rcond=None)[0]
        stiff = seen_along_111 @ cubic
        c14 = (cubic[0] - cubic[1] - 2 * cubic[2]) / (3 * np.sqrt(2))
        lateral, axial = c14**2 / stiff[4], c14**2 / stiff[5]
        softening = np.array([lateral, -lateral, 0.0, 0.0, axial, lateral])
    return float(cubic[0]), float(cubic[1]), float(cubic[2])
