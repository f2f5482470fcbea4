"""Bond lengths and force constants of the Keating valence force field.

The energy of P. N. Keating, Phys. Rev. 145, 637 (1966), in the form of R. M. Martin, Phys. Rev. B
1, 4005 (1970), has two constants for each kind of bond. Without Coulomb terms, a zinc-blende
crystal of lattice constant a has

    C11 + 2 C12 = (3α + β) / a,    C11 − C12 = 4β / a,    C44 = 4αβ / [a (α + β)],

so that α = a (C11 + 3 C12) / 4 and β = a (C11 − C12) / 4 give the measured bulk modulus and C11 −
C12 exactly, while C44 follows (Keating's identity): 10 % too low for GaAs, a third too low for
ZnSe, a quarter too high for ZnO. The constants here are made in this way from the measured
constants in :data:`heterodot.structures.crystals.elastic_constants.ELASTIC`; Martin's own (with
Coulomb terms, fitted to all three) are in :data:`MARTIN`, to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.chemistry.radii import TETRAHEDRAL_RADII
from heterodot.structures.crystals.elastic_constants import ELASTIC

MARTIN: dict[str, tuple[float, float]] = {
    "Ga-P": (47.32, 10.44), "Ga-As": (41.19, 8.95), "In-P": (43.04, 6.24), "In-As": (35.18, 5.50),
    "Zn-S": (44.92, 4.78), "Zn-Se": (35.24, 4.23), "Zn-Te": (31.35, 4.45), "Cd-Te": (29.02, 2.43),
}  # fmt: skip
"""α and β, N/m, of Martin 1970 (fitted together with Coulomb terms), as quoted since. They belong
to his energy, Coulomb terms included; give them as ``parameters`` to see the difference."""

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
    check_parameters(parameters)
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
        if not is_number(value) or not 0 < value < 1e4:
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
