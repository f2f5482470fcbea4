"""Sites that hold an atom only in part: no calculation and no builder can mean them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError

FULL = 0.99
"""Occupancies from here on are 1 (files round them)."""

ADVICE = (
    "expected whole atoms: write one element on each such site (say the most common), then spread "
    "the others over the sites with 'heterodot enumerate FILE --composition …', with 'heterodot "
    "build alloy' or, in a dot, fill_cations; or give an ordered cell"
)


def check_occupancies(atoms: Atoms) -> None:
    """Refuse a structure some of whose sites are shared or partly empty.

    ASE keeps occupancies in ``info["occupancy"]`` (by the number in the array
    ``spacegroup_kinds``; from CIF) or in the array ``occupancy`` (from PDB), and puts one whole
    atom on each site.

    Raises
    ------
    StructureError
        Names the site, who is on it, and what to do.
    """
    told = atoms.info.get("occupancy")
    if isinstance(told, Mapping):
        for kind, shares in told.items():
            if isinstance(shares, Mapping) and not is_whole(shares):
                raise shared_site(_first_position(atoms, kind), shares)
    filled = atoms.arrays.get("occupancy")
    if filled is None or filled.dtype.kind not in "fiu":
        return
    partial = np.flatnonzero((filled > 0) & (filled < FULL))  # PDB files leave 0 for unknown
    if len(partial):
        i = int(partial[0])
        raise shared_site(atoms.positions[i], {atoms.symbols[i]: float(filled[i])})


def is_whole(shares: Mapping[str, Any]) -> bool:
    """Return whether one atom fills the site."""
    return len(shares) == 1 and all(float(share) >= FULL for share in shares.values())


def shared_site(position: np.ndarray | None, shares: Mapping[str, Any]) -> StructureError:
    """Return the error for a site, at a position in Å (or nobody knows where)."""
    listed = ", ".join(f"{name} {float(share):g}" for name, share in shares.items())
    empty = 1 - sum(float(share) for share in shares.values())
    if empty > 1 - FULL:
        listed += f", empty {empty:g}"
    where = "" if position is None else f" at ({', '.join(f'{x:.3f}' for x in position)}) Å"
    return StructureError(f"site{where} is occupied in part ({listed}); {ADVICE}")


def _first_position(atoms: Atoms, kind: Any) -> np.ndarray | None:
    """Position (Å) of the first atom of a kind of site, None where that is not recorded."""
    kinds = atoms.arrays.get("spacegroup_kinds")
    if kinds is None:
        return None
    found = np.flatnonzero(kinds == int(kind)) if str(kind).isdigit() else np.zeros(0, int)
    # the second of two that share a site has no atom of its own: ASE keeps one
    return np.asarray(atoms.positions[found[0]]) if len(found) else None
