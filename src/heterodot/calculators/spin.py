"""How many electrons, which charge, which multiplicity: from the electron count, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import RefusedError

COUNT_TOLERANCE = 1e-6
"""Fractional pseudo-hydrogen charges must add up to an integer within this."""


@dataclass(frozen=True)
class SpinState:
    """Charge and spin a calculation runs with.

    Attributes
    ----------
    charge : int
        Total charge, e.
    n_electrons : int
        Electrons, core included.
    multiplicity : int or None
        2S + 1; None for a code without electrons.
    polarized : bool
        Whether the two spin channels are treated separately.
    """

    charge: int
    n_electrons: int
    multiplicity: int | None
    polarized: bool = False

    @property
    def n_unpaired(self) -> int:
        """Unpaired electrons (multiplicity minus one)."""
        return 0 if self.multiplicity is None else self.multiplicity - 1


def integer_charge(atoms: Atoms) -> int:
    """Return the structure's total charge, e.

    Raises
    ------
    RefusedError
        If it is not an integer, or ASE's initial charges tell another story.
    """
    charge = atoms.info.get(provenance.KEY, {}).get("charge")
    if charge is None or provenance.stated_charge(atoms) is not None:
        charge = provenance.total_charge(atoms)
    if isinstance(charge, bool) or not np.isfinite(charge) or charge != int(charge):
        raise RefusedError(f"total charge {charge!r}: expected a whole number of electrons")
    if "initial_charges" in atoms.arrays:
        told = float(atoms.arrays["initial_charges"].sum())
        if abs(told - charge) > 0.5:
            raise RefusedError(
                f"ASE's initial charges sum to {told:g} e but the structure's total charge is "
                f"{charge:g} e: say which with heterodot.provenance.with_charge(atoms, charge)"
            )
    return int(charge)


def spin_state(
    atoms: Atoms, multiplicity: int | str = "auto", n_valence: int | None = None
) -> SpinState:
    """Count the electrons and choose or check the multiplicity.

    Parameters
    ----------
    atoms : Atoms
        Its total charge is taken from its provenance.
    multiplicity : int or "auto"
        2S + 1; "auto" is what the structure's record says of its open-shell ions
        (``unpaired_electrons``, as :func:`heterodot.structures.dope` writes it, less one where the
        count has the other parity: an adsorbate has paired it), else the lowest the count allows.
    n_valence : int or None
        Electrons the neutral structure has in the code's valence, to bound charge and spin; the
        nuclear charges if None.

    Raises
    ------
    RefusedError
        For a fractional count, a charge that leaves no electrons, or a multiplicity that does not
        fit the count.
    """
    charge = integer_charge(atoms)
    total = float(provenance.nuclear_charges(atoms).sum())
    if abs(total - round(total)) > COUNT_TOLERANCE:
        raise RefusedError(
            f"nuclear charges sum to {total:.4f}: pseudo-hydrogens must add up to a whole number "
            "of electrons; passivate every dangling bond"
        )
    n_electrons = round(total) - charge
    available = (round(total) if n_valence is None else n_valence) - charge
    if available < 1:
        raise RefusedError(
            f"charge {charge:+d} leaves {available} valence electrons in {_formula(atoms)}: "
            f"expected a charge below {available + charge:+d}"
        )
    chosen = _multiplicity(multiplicity, available, atoms)
    return SpinState(charge, n_electrons, chosen, polarized=chosen > 1)


def _multiplicity(multiplicity: int | str, n_electrons: int, atoms: Atoms) -> int:
    odd = n_electrons % 2
    if multiplicity == "auto":
        recorded = int(atoms.info.get(provenance.KEY, {}).get("unpaired_electrons", 0))
        return 1 + max(recorded - (recorded - odd) % 2, odd)
    unpaired = int(multiplicity) - 1
    if unpaired % 2 != odd:
        raise RefusedError(
            f"multiplicity {multiplicity} does not fit {_formula(atoms)} with "
            f"{'an odd' if odd else 'an even'} electron count: expected "
            f"{'2, 4, …; odd electrons are never run spin-paired' if odd else '1, 3, …'}"
        )
    if unpaired > n_electrons:
        raise RefusedError(
            f"multiplicity {multiplicity} needs {unpaired} unpaired electrons but "
            f"{_formula(atoms)} has {n_electrons} valence electrons"
        )
    return int(multiplicity)


def _formula(atoms: Atoms) -> str:
    return str(atoms.get_chemical_formula())
