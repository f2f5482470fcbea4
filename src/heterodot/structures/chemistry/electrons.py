"""Electrons and formal charges: what is counted before anything is calculated.

Formal charges are those of the closed-shell ions (Cu⁺ 3d¹⁰, In³⁺ 4d¹⁰, S²⁻ …). A structure is
closed-shell in the ionic picture when their sum equals the charge it is calculated with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.adsorbate import adsorbate_mask

FORMAL_CHARGES: dict[str, int] = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Cu": 1, "Ag": 1,
    "Mg": 2, "Ca": 2, "Mn": 2, "Fe": 2, "Co": 2, "Ni": 2, "Zn": 2, "Cd": 2, "Hg": 2, "Pb": 2,
    "Al": 3, "Ga": 3, "In": 3, "Ge": 4, "Sn": 4, "Ti": 4, "Zr": 4, "Mo": 4, "W": 4,
    "N": -3, "P": -3, "As": -3, "O": -2, "S": -2, "Se": -2, "Te": -2,
    "F": -1, "Cl": -1, "Br": -1, "I": -1,
}  # fmt: skip
"""Charge (e) of the common ion of each element in the compounds of this field (N. N. Greenwood
and A. Earnshaw, Chemistry of the Elements, 2nd ed., 1997). A per-atom array ``formal_charge``
takes precedence."""

OXIDATION_STATES: dict[str, tuple[int, ...]] = {
    "Cu": (1, 2), "Ag": (1, 2), "In": (3, 1), "Ga": (3, 1), "Mn": (2, 3, 4), "Fe": (2, 3),
    "Co": (2, 3), "Ni": (2, 3), "Sn": (4, 2), "Ge": (4, 2), "Pb": (2, 4, 0), "Ti": (4, 3),
    "Mo": (4, 5, 6), "W": (4, 5, 6), "S": (-2, -1), "Se": (-2, -1), "Te": (-2, -1), "O": (-2, -1),
    "Cl": (-1, 0), "Br": (-1, 0), "I": (-1, 0),
}  # fmt: skip
"""Charges (e) an ion may carry when it traps a carrier; the first is the common one (Greenwood
and Earnshaw, as above). Elements not listed keep their formal charge."""


@dataclass(frozen=True)
class ElectronCount:
    """How many electrons a structure has, and whether its formal charges balance.

    Attributes
    ----------
    n_electrons : float
        All electrons (core included): nuclear charges, pseudo-hydrogens with theirs, minus the
        total charge.
    formal_charge_sum : float or None
        Sum of the formal charges, e; None where an element has no entry in the table.
    charge : int
        Total charge (e) the structure is to be calculated with.
    """

    n_electrons: float
    formal_charge_sum: float | None
    charge: int

    @property
    def whole(self) -> bool:
        """Whether the number of electrons is an integer."""
        return abs(self.n_electrons - round(self.n_electrons)) < 1e-6

    @property
    def odd(self) -> bool:
        """Whether the (whole) number of electrons is odd, so that one spin stays unpaired."""
        return self.whole and round(self.n_electrons) % 2 == 1

    @property
    def imbalance(self) -> float | None:
        """Sum of formal charges minus total charge, e; 0 for a closed-shell ionic structure."""
        return None if self.formal_charge_sum is None else self.formal_charge_sum - self.charge

    def summary(self) -> str:
        """Return one line for people."""
        parity = ("odd" if self.odd else "even") if self.whole else "not a whole number"
        if self.formal_charge_sum is None:
            balance = "formal charges unknown"
        else:
            balance = f"formal charges sum to {self.formal_charge_sum:+g}"
            if abs(self.formal_charge_sum - self.charge) > 1e-6:
                balance += " (not balanced)"
        return f"{self.n_electrons:g} electrons ({parity}), charge {self.charge:+d}, {balance}"


def electron_count(atoms: Atoms) -> ElectronCount:
    """Count all electrons of a structure and sum its formal charges.

    Parameters
    ----------
    atoms : Atoms
        The total charge is ``provenance.total_charge(atoms)``; an array ``pseudo_hydrogen``
        holds the nuclear charge (e) of atoms that stand for pseudo-hydrogens, 0 for the others.

    Returns
    -------
    ElectronCount
    """
    charge = provenance.total_charge(atoms)
    formal = formal_charges(atoms)
    total = None if np.isnan(formal).any() else round(float(formal.sum()), 9) + 0.0
    return ElectronCount(
        n_electrons=round(float(provenance.nuclear_charges(atoms).sum()), 9) - charge,
        formal_charge_sum=total,
        charge=charge,
    )


def formal_charges(atoms: Atoms) -> np.ndarray:
    """Return the (N,) formal charge of each atom, e.

    The array ``formal_charge`` wins. Without it, elements take :data:`FORMAL_CHARGES`; hydrogen
    is +1 on an anion and −1 on a cation; atoms of an adsorbate and of a structure that holds no
    anion (a metal) are 0; an element without an entry is NaN.
    """
    if "formal_charge" in atoms.arrays:
        return atoms.arrays["formal_charge"].astype(float)
    guest = _is_adsorbate(atoms)
    symbols = np.array(atoms.get_chemical_symbols(), dtype="U2")
    charges = np.array([FORMAL_CHARGES.get(s, np.nan) for s in symbols], dtype=float)
    host = ~guest & (symbols != "H")
    if not (charges[host] < 0).any():
        charges[host & ~np.isnan(charges)] = 0.0
    hydrogens = np.flatnonzero(~guest & (symbols == "H"))
    if hydrogens.size:
        charges[hydrogens] = _hydrogen_charges(atoms, charges, hydrogens, np.flatnonzero(host))
    charges[guest] = 0.0
    return charges


def _is_adsorbate(atoms: Atoms) -> np.ndarray:
    """(N,) mask of the atoms that belong to an adsorbate."""
    mask = adsorbate_mask(atoms)
    if "domain" in atoms.arrays:
        mask |= atoms.arrays["domain"] == "adsorbate"
    return mask


def _hydrogen_charges(
    atoms: Atoms, charges: np.ndarray, hydrogens: np.ndarray, host: np.ndarray
) -> np.ndarray:
    """+1 for hydrogens whose nearest host atom is an anion, −1 on a cation, 0 elsewhere."""
    if host.size == 0:
        return np.zeros(hydrogens.size)
    from ase.geometry import get_distances

    distances = get_distances(
        atoms.positions[hydrogens], atoms.positions[host], cell=atoms.cell, pbc=atoms.pbc
    )[1]
    nearest = host[distances.argmin(axis=1)]
    signs = np.zeros(hydrogens.size)
    signs[charges[nearest] < 0] = 1.0
    signs[charges[nearest] > 0] = -1.0
    return signs
