"""Write a store's results into an ASE database, one row per finished task."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.flags import flag_names
from heterodot.errors import InputError, StoreError
from heterodot.workflows.gates import carried_flags, force_gate, geometry_gate, recovery_gate
from heterodot.workflows.relaxation import structure_gates
from heterodot.workflows.serialization import set_structure_labels
from heterodot.workflows.store import Store

_FMAX = 0.05  # eV/Å: criterion of a relaxation, as the questions have it unless told otherwise


def export_database(store: Store, path: str | Path) -> int:
    """Write every finished task into a new ASE database.

    Each row holds the structure the task ended with, energy (eV) and forces (eV/Å) where it has
    them, the key-value pairs ``key``, ``label``, ``task``, ``code``, ``protocol``, ``charge``
    and ``flags`` (their names, or "none"), and in ``data`` the flags in words, the structure's own
    arrays and info, the whole content of the task and the versions of the programs.

    Parameters
    ----------
    store : Store
    path : path-like
        ``.db`` (SQLite) or ``.json``; replaced if it is there, only once it is whole.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    InputError
        For another kind of file.
    StoreError
        If it cannot be written.
    """
    from ase.db import connect

    path = Path(path)
    if path.suffix not in (".db", ".json"):
        raise InputError(f"{path}: given {path.suffix or 'no ending'!r}, expected .db or .json")
    temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
    temporary.unlink(missing_ok=True)
    n = 0
    try:
        with connect(str(temporary), use_lock_file=False) as database:
            for record in store.records():
                try:
                    _write_row(database, record)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    raise StoreError(
                        f"{store.path}: record {str(record.get('key'))[:12]} is not one of ours "
                        f"({type(error).__name__}: {error}); take it away"
                    ) from error
                n += 1
        if n == 0:
            connect(str(temporary), use_lock_file=False).count()
        if temporary.exists():
            temporary.replace(path)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{path}: cannot be written ({reason})") from error
    finally:
        temporary.unlink(missing_ok=True)
    return n


def _write_row(database: Any, record: Mapping[str, Any]) -> None:
    from ase.calculators.singlepoint import SinglePointCalculator

    atoms = structure_of(record)
    result = record["result"]
    forces = result.get("forces")
    known = {"energy": result.get("energy")}
    if isinstance(forces, np.ndarray | list) and np.shape(forces) == (len(atoms), 3):
        known["forces"] = np.asarray(forces, float)
    known = {k: v for k, v in known.items() if v is not None}
    flags = _flags_of(record, atoms)
    if known:
        atoms.calc = SinglePointCalculator(atoms, **known)
    level, structure = record["level"], record["content"]["structure"]
    pairs = {
        "task_key": record["key"],
        "label": record["label"] or record["task"],
        "task": record["task"],
        "code": level["code"],
        "protocol": level["protocol"],
        "total_charge": structure.get("charge", 0),
        "flags": ", ".join(flag_names(flags)) or "none",
    }
    data = {
        "content": _plain(record["content"]),
        "level": _plain(level),
        "arrays": _plain(record["labels"]["arrays"]),
        "info": _plain(record["labels"]["info"]),
        "flags": [flag.to_dict() for flag in flags],
        "versions": record.get("versions", {}),
        "seconds": record.get("seconds"),
    }
    database.write(atoms, key_value_pairs=pairs, data=data)


def _flags_of(record: Mapping[str, Any], atoms: Atoms) -> tuple[Flag, ...]:
    """Return what a task by itself is flagged for: structure, SCF, forces, what a relaxation did.

    A question knows more: what its numbers rest on stands in the tables of a study.
    """
    result, settings = record["result"], record["content"]["settings"]
    flags = carried_flags(atoms)
    flags += recovery_gate(result.get("recovery", ""), record["task"])
    if record["task"] == "relax":
        flags += force_gate(result["fmax"], settings["fmax"], "relaxation")
        flags += structure_gates(_start_of(record), atoms)
    elif result.get("fmax") is not None:
        flags += geometry_gate(result["fmax"], _FMAX)
    return unique_flags(flags)


def _start_of(record: Mapping[str, Any]) -> Atoms:
    return structure_of({**record, "result": {}})


def structure_of(record: Mapping[str, Any]) -> Atoms:
    """Return the structure a task ended with (that it was given, where it moves nothing)."""
    given = record["content"]["structure"]
    positions = record["result"].get("positions", given["positions"])
    atoms = Atoms(numbers=given["numbers"], positions=np.reshape(positions, (-1, 3)))
    if "cell" in given:
        atoms.set_cell(np.reshape(given["cell"], (3, 3)))
    atoms.pbc = given.get("pbc", False)
    set_structure_labels(atoms, record["labels"])
    return atoms


def structure_from_row(row: Any) -> Atoms:
    """Return the structure of a database row, its arrays and its record put back.

    Parameters
    ----------
    row : ase.db.row.AtomsRow
        A row :func:`export_database` wrote; ``row.toatoms()`` has the geometry and energy alone.
    """
    atoms: Atoms = row.toatoms()
    set_structure_labels(atoms, row.data)
    return atoms


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.tolist() if hasattr(value, "tolist") else value
