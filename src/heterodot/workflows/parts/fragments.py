"""The parts of a complex: which atoms, and each alone in the box of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate, why_none
from heterodot.checks import is_whole
from heterodot.errors import InputError

_WAYS = "'adsorbate', 'domain' or lists of atom indices"


def fragment_indices(
    atoms: Atoms, fragments: str | Sequence[Sequence[int]]
) -> dict[str, list[int]]:
    """Return the atoms of each fragment by its name.

    Parameters
    ----------
    atoms : Atoms
    fragments : str or lists of int
        ``adsorbate`` (as recorded by ``add_adsorbate``, or guessed where none is, and the rest),
        ``domain`` (the values of
        the array), or indices; fragments given by indices are named by number and formula.

    Raises
    ------
    InputError
        Not two fragments at least, an atom in none or in two, or nothing recorded.
    """
    if isinstance(fragments, str):
        found = _named(atoms, fragments)
    else:
        found = {}
        for number, own in enumerate(fragments, 1):
            indices = _checked(own, len(atoms))
            found[f"{number} {atoms[indices].get_chemical_formula()}"] = indices
    counts = np.bincount([i for own in found.values() for i in own], minlength=len(atoms))
    if len(found) < 2 or not all(found.values()) or (counts != 1).any():
        wrong = np.flatnonzero(counts != 1)[:5].tolist()
        raise InputError(
            f"fragments of {[len(own) for own in found.values()]} atoms: expected two at least, "
            f"every atom of {len(atoms)} in exactly one"
            + (f"; atoms {wrong} are in none or in several" if wrong else "")
        )
    return found


def _checked(own: Sequence[int], n: int) -> list[int]:
    if isinstance(own, str) or not isinstance(own, Iterable):
        raise InputError(f"fragment {own!r}: expected a list of atom indices")
    indices = list(own)
    for i in indices:
        if not is_whole(i):
            raise InputError(f"fragment with {i!r}: expected atom indices")
        if not -n <= i < n:
            raise InputError(f"fragment with atom {i}: expected indices 0…{n - 1}")
    return [int(i) % n for i in indices]


def _named(atoms: Atoms, way: str) -> dict[str, list[int]]:
    if way == "adsorbate":
        record = find_adsorbate(atoms)
        if record is None:
            raise InputError(
                f"fragments 'adsorbate': {why_none(atoms)}; build it with add_adsorbate or give "
                "lists of atom indices"
            )
        own = [int(i) for i in record["indices"]]
        rest = sorted(set(range(len(atoms))) - set(own))
        name = str(record.get("name") or atoms[own].get_chemical_formula())
        return {name: own, "rest": rest}
    if way == "domain":
        if "domain" not in atoms.arrays:
            raise InputError(
                "fragments 'domain': the structure has no array 'domain'; give lists of indices"
            )
        domains = atoms.arrays["domain"]
        return {
            str(d): np.flatnonzero(domains == d).tolist() for d in dict.fromkeys(domains.tolist())
        }
    raise InputError(f"fragments {way!r}: expected {_WAYS}")


def fragment_structure(whole: Atoms, own: Iterable[int], charge: int) -> Atoms:
    """Return some atoms of a boxed structure alone, in the same cell, of a charge of their own.

    Of the whole's arrays only pseudo-hydrogens are kept: moments and records would not fit.
    """
    indices = list(own)
    part = Atoms(
        numbers=whole.numbers[indices],
        positions=whole.positions[indices],
        cell=whole.cell.array,
        pbc=whole.pbc,
    )
    if "pseudo_hydrogen" in whole.arrays:
        part.set_array("pseudo_hydrogen", whole.arrays["pseudo_hydrogen"][indices])
    return provenance.with_charge(part, charge) if charge else part
