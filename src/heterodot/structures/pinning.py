"""Atoms that keep their element when a dot is filled or its cations are exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from ase import Atoms

from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.editing import checked_index

ARRAY = "pinned"
"""The (N,) bool array that says which atoms are pinned."""


@renamed(dot="atoms")
def pin(atoms: Atoms, indices: Iterable[int]) -> Atoms:
    """Return a copy in which some atoms keep their element, whatever fills the dot afterwards.

    :func:`heterodot.structures.fill_cations` and compositions that are enumerated leave them alone,
    and so does :func:`heterodot.structures.defect_type` where it chooses atoms by itself. The apex
    of a :func:`heterodot.structures.pyramid` is pinned when its element was named.

    Parameters
    ----------
    atoms : Atoms
        Not changed.
    indices : iterable of int
        The atoms; those pinned before stay pinned.

    Raises
    ------
    StructureError
        If an index is not one.
    """
    new = atoms.copy()
    mask = is_pinned(atoms)
    mask[[checked_index(atoms, i, "pin") for i in indices]] = True
    new.set_array(ARRAY, mask)
    return new


def is_pinned(dot: Atoms) -> np.ndarray:
    """Return the (N,) mask of the pinned atoms."""
    found = dot.arrays.get(ARRAY)
    return np.zeros(len(dot), dtype=bool) if found is None else found.astype(bool)


def unpinned(
    dot: Atoms, sites: np.ndarray, counts: Mapping[str, int]
) -> tuple[np.ndarray, dict[str, int]]:
    """Return the sites that may be filled, and what is left for them of a composition of all.

    Parameters
    ----------
    dot : Atoms
        The structure.
    sites : (n,) int array
        Atoms of one sublattice.
    counts : mapping of str to int
        Species of all of them.

    Returns
    -------
    free : (m,) int array
    left : dict of str to int
        In the order of ``counts``; they add up to m.

    Raises
    ------
    StructureError
        If more atoms of an element are pinned than the composition has.
    """
    fixed = is_pinned(dot)[sites]
    left = dict(counts)
    for symbol in np.array(dot.get_chemical_symbols())[sites[fixed]].tolist():
        left[symbol] = left.get(symbol, 0) - 1
    short = {name: counts.get(name, 0) for name, k in left.items() if k < 0}
    if short:
        name, k = next(iter(short.items()))
        raise StructureError(
            f"{k - left[name]} {name} pinned and {k} in the composition: expected as many or more; "
            f"choose another composition, or an apex that is not {name}"
        )
    return sites[~fixed], left
