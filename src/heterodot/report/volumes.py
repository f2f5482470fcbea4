"""Fields on grids (densities, ELF) small enough for a page: thinned, one byte a point."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.data.grid import GridField

MOST_POINTS = 48
"""Along each direction: surfaces are drawn of a grid no finer, 110 kB a field. Chosen by eye."""


def fields_of(answer: Any) -> Iterator[tuple[str, GridField]]:
    """Yield the fields on grids among the attributes of a result, by their names."""
    if is_dataclass(answer):
        for one in fields(answer):
            value = getattr(answer, one.name)
            if isinstance(value, GridField):
                yield one.name, value


def drawn(name: str, field: GridField, atoms: Atoms) -> dict[str, Any]:
    """Return a field as plain JSON for the viewer.

    Parameters
    ----------
    name : str
        Of the attribute it is.
    field : GridField
    atoms : Atoms
        The structure it is drawn around; shifted with it where the grid has another origin.

    Returns
    -------
    dict
        ``shape``, ``origin`` and ``steps`` (Å), ``values`` (bytes as base64) which stand for
        ``low`` + byte/255 · (``high`` − ``low``), and the ``isovalue`` to begin with.
    """
    every = [max(1, -(-n // MOST_POINTS)) for n in field.values.shape]
    values = field.values[:: every[0], :: every[1], :: every[2]]
    low, high = float(values.min()), float(values.max())
    scaled = np.zeros(values.shape) if high == low else (values - low) / (high - low)
    shift = np.zeros(3)
    if len(atoms) == len(field.numbers) and (atoms.numbers == field.numbers).all():
        shift = (atoms.positions - field.positions).mean(axis=0)
    return {
        "name": name,
        "kind": str(getattr(field, "kind", "")),
        "unit": field.unit,
        "shape": list(values.shape),
        "origin": np.round(field.corner + shift, 4).tolist(),
        "steps": np.round(field.steps * np.array(every)[:, None], 5).tolist(),
        "low": low,
        "high": high,
        "signed": low < 0 < high,
        "isovalue": _isovalue(values, field.unit),
        "values": base64.b64encode(np.round(255 * scaled).astype(np.uint8).tobytes()).decode(),
    }


def _isovalue(values: np.ndarray, unit: str) -> float:
    """Return where surfaces are first drawn: 0.8 of a localisation, else round half of what is."""
    if not unit:
        return 0.8 * float(values.max())
    sizes = np.sort(np.abs(values), axis=None)[::-1]
    within = np.cumsum(sizes, dtype=float)
    return float(sizes[np.searchsorted(within, within[-1] / 2)])
