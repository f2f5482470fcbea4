"""Colourings of a sublattice: which sites it has, and what is to be put on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.electrons import formal_charges as charges_of
from heterodot.structures.dots.composition import species_charges
from heterodot.structures.dots.composition_counts import composition_counts
from heterodot.structures.enumeration.request import Compound, Request, chosen_atoms
from heterodot.structures.pinning import unpinned


def read_colouring(
    atoms: Atoms,
    request: Request,
    sublattice: str,
    sites: Sequence[int] | None,
    formal_charges: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, list[Compound]]:
    """Read the composition of a sublattice.

    Parameters
    ----------
    atoms : Atoms
        The structure whose sites are filled anew.
    request : mapping or str
        As for :func:`heterodot.structures.fill_cations`.
    sublattice : str
        "cation", "anion" or the element now on the sites.
    sites : sequence of int or None
        Only these of them.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`heterodot.structures.dots.composition.species_charges`.

    Returns
    -------
    sites : (n,) int array
        The atoms of the sublattice, less pinned ones.
    compounds : list of Compound
        One.
    """
    if not isinstance(request, Mapping | str):
        raise StructureError(
            f"composition {request!r} of the {sublattice} sublattice: expected a mapping, "
            "for example {Cu: 4, In: 4}"
        )
    active = sublattice_sites(atoms, sublattice, sites)
    counts, _ = composition_counts(request, len(active))
    active, counts = unpinned(atoms, active, counts)
    ordered = sorted((k, name) for name, k in counts.items() if k)
    (_, filler), coloured = ordered[-1], ordered[:-1]
    charges = species_charges(atoms, counts, formal_charges)
    before = float(np.nan_to_num(charges_of(atoms))[active].sum())
    change = sum(charges[name] * k for name, k in counts.items()) - before
    compound = Compound(
        species=tuple(name for _, name in coloured),
        counts=tuple(k for k, _ in coloured),
        allowed=np.ones((len(coloured), len(active)), bool),
        filler=filler,
        charge=round(change),
    )
    return active, [compound]


def sublattice_sites(
    atoms: Atoms, sublattice: str, sites: Sequence[int] | None = None
) -> np.ndarray:
    """Return the atoms (n,) of a sublattice: "cation", "anion", or an element's.

    Raises
    ------
    StructureError
        If there are none.
    """
    mask = chosen_atoms(atoms, sites)
    if sublattice in ("cation", "anion"):
        sign = polarity(atoms)
        host = atoms.arrays.get("sublattice")
        if host is None:
            host = np.where(sign < 0, "anion", "cation")
        mask &= host == sublattice
    else:
        mask &= np.array(atoms.get_chemical_symbols()) == sublattice
    if not mask.any():
        raise StructureError(
            f"sublattice {sublattice!r}: {atoms.get_chemical_formula()} has no such sites; "
            "expected cation, anion or one of its elements"
        )
    return np.flatnonzero(mask)
