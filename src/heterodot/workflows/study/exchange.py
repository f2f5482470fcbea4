"""Write a store's results as JSON for other programs: OPTIMADE entries, pymatgen's objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot import provenance
from heterodot.data.exchange.optimade import optimade_response, to_optimade
from heterodot.data.exchange.pymatgen_objects import to_pymatgen
from heterodot.data.flags import flag_names
from heterodot.errors import InputError, StoreError
from heterodot.paths import refuse_no_file, user_path
from heterodot.workflows.store.store import Store
from heterodot.workflows.study.export import flags_of, multiplicity_of, structure_of
from heterodot.writing import write_atomically

FORMATS = {
    "optimade": ", a response of OPTIMADE's /structures",
    "pymatgen": " (read with: monty.serialization.loadfn)",
}
"""Names of the formats, and what is said of a file."""


def export_json(store: Store, path: str | Path, kind: str) -> int:
    """Write the structure every finished task ended with, and what was calculated of it.

    Parameters
    ----------
    store : Store
    path : path-like
        ``.json``; replaced if it is there, only once it is whole.
    kind : {"optimade", "pymatgen"}
        A response of OPTIMADE's ``/structures`` whose entries carry energy (eV), charge, spin,
        level, task and flags as ``_heterodot_…``; or a list of dictionaries with a pymatgen
        Structure or Molecule as ``structure``, for ``monty.serialization.loadfn``.

    Returns
    -------
    int
        Number of structures.

    Raises
    ------
    InputError
        Another ending or format.
    StoreError
        A record is not one of ours, or the file cannot be written.
    """
    path = user_path(path)
    if kind not in FORMATS:
        raise InputError(f"format {kind!r}: expected one of {', '.join(FORMATS)}")
    if path.suffix != ".json":
        raise InputError(f"{path}: given {path.suffix or 'no ending'!r}, expected .json")
    refuse_no_file(path)
    rows = []
    for record in store.records():
        try:
            rows.append(_entry(record, kind))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(
                f"{store.path}: record {str(record.get('key'))[:12]} is not one of ours "
                f"({type(error).__name__}: {error}); take it away"
            ) from error
    content = optimade_response(rows) if kind == "optimade" else rows
    try:
        text = json.dumps(content, ensure_ascii=False, indent=1, default=_listed)
        write_atomically(path, f"{text}\n".encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
    return len(rows)


def _listed(value: Any) -> Any:
    """Write an array of the record, or a number of numpy's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON")


def _entry(record: Mapping[str, Any], kind: str) -> dict[str, Any]:
    atoms = structure_of(record)
    told = _told(record, atoms)
    if kind == "optimade":
        return to_optimade(atoms, record["key"], **told)
    own = atoms.copy()
    provenance.update(own, charge=told["charge"])
    if "unpaired_electrons" in told:
        provenance.update(own, unpaired_electrons=told["unpaired_electrons"])
    structure = to_pymatgen(
        own, **{name: told[name] for name in ("energy", "task") if name in told}
    )
    return {"task_key": record["key"], **told, "structure": structure.as_dict()}


def _told(record: Mapping[str, Any], atoms: Atoms) -> dict[str, Any]:
    """Return what was asked and found, in plain values."""
    level, result = record["content"]["level"], record["result"]
    told: dict[str, Any] = {
        "label": record["label"] or record["task"],
        "task": record["task"],
        "code": level["code"],
        "settings": dict(level.get("settings", {})),
        "charge": int(record["content"]["structure"].get("charge", 0)),
        "flags": list(flag_names(flags_of(record, atoms))),
        "versions": dict(record.get("versions", {})),
    }
    if isinstance(result.get("energy"), int | float):
        told["energy"] = float(result["energy"])
    multiplicity = multiplicity_of(record)
    if multiplicity is not None:
        told["unpaired_electrons"] = multiplicity - 1
    return told
