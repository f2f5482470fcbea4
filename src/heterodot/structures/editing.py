"""Adding and removing atoms so that arrays and records stay true."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_whole
from heterodot.errors import StructureError

_INDEX_KEYS = ("index", "site", "binding_atom", "active_site", "hole_site")
_INDEX_LIST_KEYS = ("indices", "neighbours")
_RECORDS = ("adsorbate", "defects", "defect_type")


def checked_index(atoms: Atoms, index: int, what: str = "site") -> int:
    """Return ``index`` as a plain non-negative int.

    Raises
    ------
    StructureError
        If it is not an index of the structure.
    """
    n = len(atoms)
    if not is_whole(index):
        raise StructureError(f"{what} {index!r}: expected the index of an atom (an integer)")
    if not -n <= index < n:
        raise StructureError(f"{what} {index}: expected an atom index from 0 to {n - 1}")
    return int(index) % n


def append_atoms(
    atoms: Atoms, new: Atoms, hosts: Iterable[int], **labels: str | float | Iterable[float]
) -> Atoms:
    """Return a copy of ``atoms`` with ``new`` appended and every array filled.

    Parameters
    ----------
    atoms, new : Atoms
        Positions in the same frame, Å.
    hosts : iterable of int
        For each new atom the atom of ``atoms`` it belongs to, which gives it its ``layer``.
    **labels
        Values of ``sublattice``, ``role``, ``domain``, ``formal_charge``, ``pseudo_hydrogen``
        for the new atoms; arrays that ``atoms`` does not have are left out, except ``domain``
        (always kept) and ``pseudo_hydrogen`` (kept where it is not zero).
    """
    n, extended = len(atoms), atoms.copy()
    host_list = [int(h) for h in hosts]
    extended.extend(Atoms(new.symbols, new.positions))
    for name, old in atoms.arrays.items():
        if name in ("numbers", "positions"):
            continue
        extended.arrays.pop(name)
        value = labels.get(name, old[host_list] if name == "layer" else _blank(old, len(new)))
        extended.set_array(name, _joined(old, value, len(new)))
    if "domain" not in atoms.arrays and "domain" in labels:
        old = np.full(n, "substrate" if atoms.pbc.any() else "dot")
        extended.set_array("domain", _joined(old, labels["domain"], len(new)))
    pseudo = np.broadcast_to(np.asarray(labels.get("pseudo_hydrogen", 0.0), float), (len(new),))
    if "pseudo_hydrogen" not in atoms.arrays and pseudo.any():
        extended.set_array("pseudo_hydrogen", np.concatenate([np.zeros(n), pseudo]))
    return extended


def _blank(old: np.ndarray, n: int) -> np.ndarray:
    """Return n entries like those of ``old``: zeros; for text "-", as a file needs a word."""
    if old.dtype.kind in "UO":
        return np.full((n, *old.shape[1:]), "-")
    return np.zeros((n, *old.shape[1:]), dtype=old.dtype)


def _joined(old: np.ndarray, value: Any, n: int) -> np.ndarray:
    """Return ``old`` followed by ``value``, broadcast to n entries; strings are not cut."""
    new = np.broadcast_to(np.asarray(value), (n, *old.shape[1:]))
    if old.dtype.kind in "UO":
        return np.concatenate([old.astype(str), new.astype(str)])
    return np.concatenate([old, new.astype(old.dtype)])


def remove_atoms(atoms: Atoms, indices: Iterable[int]) -> Atoms:
    """Return a copy without some atoms; indices kept in the records follow the atoms."""
    gone = sorted({checked_index(atoms, i) for i in indices})
    kept = np.setdiff1d(np.arange(len(atoms)), gone)
    new_index = {int(old): i for i, old in enumerate(kept)}
    new: Atoms = atoms.copy()[kept]  # del would refuse constraints other than FixAtoms
    record = provenance.details(atoms)
    changed = {key: _remapped(record[key], new_index) for key in _RECORDS if key in record}
    if changed:
        provenance.update(new, **changed)
    return new


def _remapped(record: Any, new_index: dict[int, int]) -> Any:
    """Return a record with its atom indices renumbered; those of removed atoms become None."""
    if isinstance(record, list):
        return [_remapped(entry, new_index) for entry in record]
    if not isinstance(record, dict):
        return record
    out = dict(record)
    for key in _INDEX_KEYS:
        if isinstance(out.get(key), int):
            out[key] = new_index.get(out[key])
    if "ways" in out:
        pairs = zip(out["neighbours"], out["ways"], strict=True)
        out["ways"] = [way for i, way in pairs if i in new_index]
    for key in _INDEX_LIST_KEYS:
        if key in out:
            out[key] = [new_index[i] for i in out[key] if i in new_index]
    return out
