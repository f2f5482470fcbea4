"""Structures and results as plain JSON, and the canonical JSON a task's key is made of."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.constraints import fixed_indices, partial_constraints
from heterodot.errors import InputError, StructureError
from heterodot.occupancy import check_occupancies
from heterodot.records import register

POSITION_DECIMALS = 6
"""Positions and cells enter a key rounded to 1e-6 Å: below any force criterion, above noise."""

_PLAIN_ARRAYS = ("numbers", "positions")
_KEYED_ARRAYS = ("initial_magmoms", "pseudo_hydrogen")
"""Arrays a calculation depends on."""


def structure_to_dict(atoms: Atoms) -> dict[str, Any]:
    """Return everything a structure carries, as plain JSON values."""
    return {
        "numbers": atoms.numbers.tolist(),
        "positions": atoms.positions.tolist(),
        "cell": atoms.cell.array.tolist(),
        "pbc": atoms.pbc.tolist(),
        "fixed": fixed_indices(atoms),
        **_partial(atoms),
        **structure_labels(atoms),
    }


def _partial(atoms: Atoms) -> dict[str, Any]:
    """Return the constraints other than ``FixAtoms`` as ASE writes them; nothing without any."""
    found = [c.todict() for c in partial_constraints(atoms)]
    as_lists = json.loads(json.dumps(found, default=lambda value: value.tolist()))  # numpy's
    return {"constraints": as_lists} if found else {}


def structure_labels(atoms: Atoms) -> dict[str, Any]:
    """Return what a structure carries beyond its geometry: its arrays and its record.

    A charge stated beside the record is in it.
    """
    info = provenance.details(atoms)
    charge = provenance.total_charge(atoms)
    return {
        "arrays": {k: v.tolist() for k, v in atoms.arrays.items() if k not in _PLAIN_ARRAYS},
        "info": {**info, "charge": charge} if charge else info,
    }


def structure_from_dict(data: Mapping[str, Any]) -> Atoms:
    """Rebuild a structure from :func:`structure_to_dict`."""
    atoms = Atoms(
        numbers=data["numbers"],
        positions=np.reshape(data["positions"], (-1, 3)),
        cell=data["cell"],
        pbc=data["pbc"],
    )
    set_structure_labels(atoms, data)
    if data["fixed"] or data.get("constraints"):
        from ase.constraints import FixAtoms, dict2constraint

        whole = [FixAtoms(indices=data["fixed"])] if data["fixed"] else []
        partly = [dict2constraint(one) for one in data.get("constraints", [])]
        atoms.set_constraint([*whole, *partly])
    return atoms


register(Atoms, structure_to_dict, structure_from_dict)


def set_structure_labels(atoms: Atoms, labels: Mapping[str, Any]) -> None:
    """Put back, in place, what :func:`structure_labels` took."""
    for name, values in labels.get("arrays", {}).items():
        atoms.set_array(name, np.asarray(values))
    if labels.get("info"):
        provenance.update(atoms, **labels["info"])


def structure_content(atoms: Atoms) -> dict[str, Any]:
    """Return what a calculation depends on, and nothing else: the structure's share of a key.

    Raises
    ------
    StructureError
        A number in it is not finite, or a site is shared or partly empty.
    """
    _check_finite(atoms)
    check_occupancies(atoms)
    content: dict[str, Any] = {
        "numbers": atoms.numbers.tolist(),
        "positions": _rounded(atoms.positions),
        "charge": provenance.total_charge(atoms),
    }
    if atoms.pbc.any():
        content["pbc"] = atoms.pbc.tolist()
    if atoms.cell.array.any():
        content["cell"] = _rounded(atoms.cell.array)
    if atoms.constraints:
        content["fixed"] = fixed_indices(atoms)
        content.update(_partial(atoms))
    unpaired = provenance.unpaired_electrons(atoms)
    if unpaired:
        content["unpaired_electrons"] = unpaired
    told = provenance.spin_of_moments(atoms)
    if told is not None:  # results of before 0.2 were of the lowest spin: they must miss
        content["spin_of_moments"] = told
    for name in _KEYED_ARRAYS:
        if name in atoms.arrays and np.any(atoms.arrays[name]):
            content[name] = _rounded(atoms.arrays[name])
    return content


def _check_finite(atoms: Atoms) -> None:
    """Refuse numbers no key can be made of; name the atom and the value."""
    if not np.isfinite(atoms.cell.array).all():
        raise StructureError(f"cell {atoms.cell.array.tolist()}: expected finite lengths (Å)")
    for name in ("positions", *_KEYED_ARRAYS):
        values = atoms.arrays.get(name)
        if values is None or np.isfinite(values).all():
            continue
        i = int((~np.isfinite(values)).reshape(len(atoms), -1).any(axis=1).argmax())
        raise StructureError(
            f"{name} of atom {i} ({atoms.symbols[i]}) is {values[i].tolist()}: expected finite "
            "numbers"
        )


def _rounded(values: np.ndarray) -> list[Any]:
    # adding zero turns -0.0 into 0.0, which JSON would write differently
    rounded: list[Any] = (np.round(values, POSITION_DECIMALS) + 0.0).tolist()
    return rounded


def canonical_json(content: Mapping[str, Any]) -> str:
    """Return one spelling for one content: sorted keys, no blanks, no NaN.

    Raises
    ------
    InputError
        Names the place of a number that is not finite.
    """
    try:
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        place = _not_finite(content, "")
        if place is None:
            raise
        raise InputError(f"{place}: expected a finite number") from error


def _not_finite(value: Any, place: str) -> str | None:
    """Return the place and value of the first number that is not finite, None for none."""
    if isinstance(value, Mapping):
        inside = [(v, f"{place}.{k}".lstrip(".")) for k, v in value.items()]
    elif isinstance(value, list | tuple):
        inside = [(v, f"{place}[{n}]") for n, v in enumerate(value)]
    else:
        wrong = isinstance(value, float) and not math.isfinite(value)
        return f"{place} {value}" if wrong else None
    return next(filter(None, (_not_finite(v, where) for v, where in inside)), None)
