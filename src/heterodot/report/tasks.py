"""The records behind a study's answers: which task an energy is of, what a structure has beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.workflows.store.store import Store

_DECIMALS = 4
"""Of the positions (Å) two structures are told apart by: those of a record are rounded to 1e-6."""


class Tasks:
    """The finished tasks of a study, read from its store; nothing is calculated.

    Parameters
    ----------
    store : Store or None
        None: there are no records, and nothing is known of tasks.
    keys : iterable of str
        Of the tasks that the study's answers rest on.
    """

    def __init__(self, store: Store | None, keys: Iterable[str]) -> None:
        self._store = store
        self._keys = sorted(set(keys))

    @cached_property
    def records(self) -> tuple[dict[str, Any], ...]:
        """The records by their labels, their large arrays read when they are used."""
        if self._store is None:
            return ()
        found = (self._store.get(key) for key in self._keys if key in self._store)
        known = [record for record in found if record is not None]
        return tuple(sorted(known, key=lambda record: str(record["label"])))

    @cached_property
    def _by_energy(self) -> dict[float, dict[str, Any]]:
        found: dict[float, dict[str, Any]] = {}
        for record in self.records:
            energy = record["result"].get("energy")
            if isinstance(energy, int | float):
                found.setdefault(float(energy), record)
        return found

    @cached_property
    def _by_structure(self) -> dict[bytes, list[dict[str, Any]]]:
        found: dict[bytes, list[dict[str, Any]]] = {}
        for record in self.records:
            given = record["content"]["structure"]
            ends = record["result"].get("positions", given["positions"])
            found.setdefault(_digest(given["numbers"], ends), []).append(record)
        return found

    def with_energy(self, energy: float) -> dict[str, Any] | None:
        """Return the record whose energy (eV) this is, None where no task gave it."""
        return self._by_energy.get(float(energy))

    def at(self, atoms: Atoms) -> list[dict[str, Any]]:
        """Return the records of tasks that ended at this geometry."""
        return self._by_structure.get(_digest(atoms.numbers, atoms.positions), [])


def _digest(numbers: Any, positions: Any) -> bytes:
    places = np.round(np.reshape(np.asarray(positions, float), (-1, 3)), _DECIMALS) + 0.0
    return np.asarray(numbers, np.int64).tobytes() + places.tobytes()


def cost(record: Mapping[str, Any]) -> str:
    """Return what a task took: geometries, seconds of CPU."""
    seconds = record.get("cpu_seconds") or record.get("seconds")
    return f"{seconds:.1f} s" if isinstance(seconds, int | float) else ""
