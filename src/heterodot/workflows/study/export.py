"""Write a store's results into an ASE database, one row per finished task."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag, unique_flags
from heterodot.calculators import Level
from heterodot.data.flags import flag_names
from heterodot.errors import InputError, LevelError, MissingDependencyError, StoreError
from heterodot.paths import refuse_no_file, user_path
from heterodot.structures.crystals.given import adopt
from heterodot.workflows.parts.gates import (
    carried_flags,
    electronic_gates,
    force_gate,
    geometry_gate,
    recovery_gate,
    spin_gate,
    structure_gates,
)
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.computing.serialization import set_structure_labels
from heterodot.writing import written_aside

_FMAX = 0.05  # eV/Å: criterion of a relaxation, as the questions have it unless told otherwise


def export_database(store: Store, path: str | Path) -> int:
    """Write every finished task into a new ASE database.

    Each row holds the structure the task ended with (magnetic moments and constraints included),
    the code as its calculator with the level's settings as parameters, energy (eV), forces (eV/Å),
    atomic charges (e) and magnetic moments (μ_B) where the task has them, the total charge as ASE
    keeps it (initial charges, spread evenly, that sum to it: ``row.charge``; the column ``charge``
    of ``ase db`` in ASE 3.29 reads another column of SQLite files and shows 0), the key-value
    pairs ``task_key``, ``label``, ``task``, ``code``, ``protocol``, ``total_charge``,
    ``multiplicity`` (2S + 1, where the level knows electrons; the total moment ``magmom`` is then
    2S μ_B) and ``flags`` (their names, or "none"), and in ``data`` the flags in words, the
    structure's own arrays and info, the whole content of the task and the versions of the programs.

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
    path = user_path(path)
    if path.suffix not in (".db", ".json"):
        raise InputError(f"{path}: given {path.suffix or 'no ending'!r}, expected .db or .json")
    refuse_no_file(path)
    try:
        with written_aside(path) as (temporary,):
            return _write_rows(store, temporary)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{path}: cannot be written ({reason})") from error


def _write_rows(store: Store, path: Path) -> int:
    """Write all rows into a database that is not there yet; return their number."""
    from ase.db import connect

    n = 0
    with connect(str(path), use_lock_file=False) as database:
        for record in store.records():
            try:
                _write_row(database, record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise StoreError(
                    f"{store.path}: record {str(record.get('key'))[:12]} is not one of ours "
                    f"({type(error).__name__}: {error}); take it away"
                ) from error
            n += 1
    if n == 0 and path.suffix == ".db":
        connect(str(path), use_lock_file=False).count()
    elif n == 0:
        path.write_text('{"ids": [], "nextid": 1}\n')
    return n


def _write_row(database: Any, record: Mapping[str, Any]) -> None:
    atoms = structure_of(record)
    flags = flags_of(record, atoms)
    level, structure = record["level"], record["content"]["structure"]
    charge = structure.get("charge", 0)
    if charge:
        atoms.set_initial_charges(np.full(len(atoms), charge / len(atoms)))
    atoms.calc = _calculator(atoms, record)
    pairs = {
        "task_key": record["key"],
        "label": record["label"] or record["task"],
        "task": record["task"],
        "code": level["code"],
        "protocol": level["protocol"],
        "total_charge": charge,
        "flags": ", ".join(flag_names(flags)) or "none",
    }
    multiplicity = multiplicity_of(record)
    if multiplicity is not None:
        pairs["multiplicity"] = multiplicity
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


_ARRAYS = {"forces": 2, "charges": 1, "magmoms": 1}
"""Results of one row an atom that ASE has a column for, and their number of dimensions."""


def _calculator(atoms: Atoms, record: Mapping[str, Any]) -> Any:
    """Return a calculator of the code's name that knows the record's results and settings."""
    from ase.calculators.singlepoint import SinglePointCalculator

    level, result = record["content"]["level"], record["result"]
    known: dict[str, Any] = {}
    if isinstance(result.get("energy"), int | float):
        known["energy"] = float(result["energy"])
    for name, dimensions in _ARRAYS.items():
        values = result.get(name)
        # a relaxation's forces are the largest of every step
        shape = (len(atoms), 3)[:dimensions]
        if isinstance(values, np.ndarray | list) and np.shape(values) == shape:
            known[name] = np.asarray(values, float)
    multiplicity = multiplicity_of(record)
    if multiplicity is not None:
        known["magmom"] = float(multiplicity - 1)
    calculator = SinglePointCalculator(atoms, **known)
    calculator.name = str(level["code"])
    calculator.parameters.update(_plain(level.get("settings", {})))
    return calculator


def multiplicity_of(record: Mapping[str, Any]) -> int | None:
    """Return 2S + 1 of a task, as its level chose it; None for a level without electrons.

    None as well for a code that is not there to be asked.
    """
    try:
        state = Level.from_dict(record["level"]).check(_start_of(record))
    except (LevelError, MissingDependencyError):
        return None
    return state.multiplicity


def flags_of(record: Mapping[str, Any], atoms: Atoms) -> tuple[Flag, ...]:
    """Return what a task by itself is flagged for: structure, SCF, spin, electrons, forces.

    A question knows more: what its numbers rest on stands in the tables of a study.
    """
    result, settings = record["result"], record["content"]["settings"]
    flags = carried_flags(atoms)
    flags += recovery_gate(result.get("recovery", ""), record["task"])
    flags += spin_gate(result.get("spin_doubt", ""), record["task"])
    if record["task"] == "orbitals":
        states = ElectronicStructure.from_dict(result["electronic_structure"])
        flags += electronic_gates(states, atoms)
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
    if given.get("fixed"):
        from ase.constraints import FixAtoms

        atoms.set_constraint(FixAtoms(indices=given["fixed"]))
    return atoms


def structure_from_row(row: Any) -> Atoms:
    """Return the structure of a database row, its arrays and its record put back.

    Parameters
    ----------
    row : ase.db.row.AtomsRow
        A row :func:`export_database` wrote; ``row.toatoms()`` has no record and no labels. Of a
        row of another origin, what it states of charge and spin is taken into the record.

    Raises
    ------
    StructureError
        The row states what cannot be (see :func:`heterodot.structures.crystals.given.adopt`).
    """
    atoms: Atoms = row.toatoms()
    calculator, data = atoms.calc, row.data
    if {"arrays", "info", "content"} <= data.keys():
        atoms.arrays.pop("initial_charges", None)  # only for the column; the record has the charge
        set_structure_labels(atoms, data)
    else:
        atoms.info.update(row.key_value_pairs)
        adopt(atoms)
    atoms.calc = calculator
    return atoms


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.tolist() if hasattr(value, "tolist") else value
