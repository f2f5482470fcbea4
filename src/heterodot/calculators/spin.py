"""How many electrons, which charge, which multiplicity: from the electron count, or refused."""

from __future__ import annotations

from dataclasses import dataclass

from ase import Atoms

from heterodot import provenance
from heterodot.errors import InputError, RefusedError
from heterodot.provenance import MOMENT_TOLERANCE, has_moments, magnetic_moments, unpaired_electrons

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
    try:
        charge = provenance.total_charge(atoms)
    except InputError as error:
        raise RefusedError(str(error)) from error
    told = provenance.sum_of_charges(atoms)
    if told is not None and abs(told - charge) > 0.5:
        raise RefusedError(
            f"ASE's initial charges sum to {told:g} e but the structure's total charge is "
            f"{charge:g} e: say which with heterodot.provenance.with_charge(atoms, charge)"
        )
    return charge


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
        count has the other parity: an adsorbate has paired it), else what its initial magnetic
        moments sum to, else the lowest the count allows.
    n_valence : int or None
        Electrons the neutral structure has in the code's valence, to bound charge and spin; the
        nuclear charges if None.

    Raises
    ------
    RefusedError
        For a fractional count, a charge that leaves no electrons, or a multiplicity or initial
        moments that do not fit the count, each other or the record.
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
    polarized = chosen > 1 or has_moments(atoms)
    return SpinState(charge, n_electrons, chosen, polarized)


def unpaired_by_moments(atoms: Atoms, n_electrons: int) -> int:
    """Return how many unpaired electrons the initial magnetic moments mean.

    A periodic structure's need not sum to a whole number, and an adsorbate that was put on later
    may have paired one of them.

    Raises
    ------
    RefusedError
        If they do not sum to a number that fits the electron count.
    """
    total = abs(float(magnetic_moments(atoms).sum()))
    odd = n_electrons % 2
    nearest = max(2 * round((total - odd) / 2) + odd, odd)
    if "adsorbate" in atoms.info.get(provenance.KEY, {}):
        return max(round(total) - (round(total) - odd) % 2, odd)
    if not atoms.pbc.any() and abs(total - nearest) > MOMENT_TOLERANCE + 1e-9:
        raise RefusedError(
            f"initial magnetic moments sum to {total:g}, but {_formula(atoms)} with "
            f"{'an odd' if odd else 'an even'} electron count has "
            f"{'1, 3, …' if odd else '0, 2, …'} unpaired electrons: set moments that sum to one of "
            "these, remove them, or set the charge that was meant"
        )
    return nearest


def _multiplicity(multiplicity: int | str, n_electrons: int, atoms: Atoms) -> int:
    odd = n_electrons % 2
    if multiplicity == "auto":
        if has_moments(atoms):
            unpaired = unpaired_by_moments(atoms, n_electrons)
            _check_room(1 + unpaired, n_electrons, atoms)
            return 1 + unpaired
        recorded = unpaired_electrons(atoms) or 0
        return 1 + max(recorded - (recorded - odd) % 2, odd)
    unpaired = int(multiplicity) - 1
    if unpaired % 2 != odd:
        raise RefusedError(
            f"multiplicity {multiplicity} does not fit {_formula(atoms)} with "
            f"{'an odd' if odd else 'an even'} electron count: expected "
            f"{'2, 4, …; odd electrons are never run spin-paired' if odd else '1, 3, …'}"
        )
    _check_room(int(multiplicity), n_electrons, atoms)
    _check_agreement(unpaired, n_electrons, atoms)
    return int(multiplicity)


def _check_room(multiplicity: int, n_electrons: int, atoms: Atoms) -> None:
    if multiplicity - 1 > n_electrons:
        raise RefusedError(
            f"multiplicity {multiplicity} needs {multiplicity - 1} unpaired electrons but "
            f"{_formula(atoms)} has {n_electrons} valence electrons"
        )


def _check_agreement(unpaired: int, n_electrons: int, atoms: Atoms) -> None:
    """Refuse a level's multiplicity that the structure's own moments or record contradict."""
    if not has_moments(atoms):
        recorded = unpaired_electrons(atoms)
        if (
            recorded is not None and abs(recorded - unpaired) > 1
        ):  # one more or less: an adsorbate, or the hole of a defect
            raise RefusedError(
                f"the level's multiplicity {unpaired + 1} means {unpaired} unpaired electron(s), "
                f"but {_formula(atoms)} is recorded with {recorded}: leave the multiplicity out, "
                "set it to what is recorded, or set initial magnetic moments that say otherwise"
            )
        return
    told = unpaired_by_moments(atoms, n_electrons)
    if told != unpaired:
        raise RefusedError(
            f"the level's multiplicity {unpaired + 1} means {unpaired} unpaired electron(s), but "
            f"the initial magnetic moments of {_formula(atoms)} mean {told}: set one of the two, "
            "or both alike"
        )


def _formula(atoms: Atoms) -> str:
    return str(atoms.get_chemical_formula())
