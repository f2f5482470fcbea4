"""What was subtracted from what: every difference of an answer with its terms and their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from heterodot.analysis import FreeEnergy
from heterodot.data.flags import Marked
from heterodot.report.tasks import Tasks


@dataclass(frozen=True)
class LedgerEntry:
    """One energy of a difference.

    Attributes
    ----------
    coefficient, energy : float
        Counted with, and eV.
    what : str
    task : str
        The task's label; empty where the energy is not that of one task.
    key : str
        Of the task.
    parts : str
        Of a Gibbs energy, what was added to the energy of the task.
    """

    coefficient: float
    energy: float
    what: str
    task: str = ""
    key: str = ""
    parts: str = ""


@dataclass(frozen=True)
class Difference:
    """A difference, and its terms."""

    name: str
    value: Marked
    unit: str
    entries: tuple[LedgerEntry, ...]


def ledger(answer: Any, tasks: Tasks) -> list[Difference]:
    """Return the differences that a result's numbers are, with the task of each term."""
    gibbs = {free.gibbs: free for free in _free_energies(answer)}
    quantities = answer.quantities()
    found = []
    for reference in answer.references():
        flags = next((quantities[n].flags for n in reference.values if n in quantities), ())
        entries = tuple(_entry(term, gibbs, tasks) for term in reference.terms)
        found.append(
            Difference(reference.name, Marked(reference.value, flags), reference.unit, entries)
        )
    return found


def _entry(term: Any, gibbs: Mapping[float, FreeEnergy], tasks: Tasks) -> LedgerEntry:
    energy = float(term.energy)
    free = gibbs.get(energy)
    record = tasks.with_energy(energy if free is None else float(free.energy)) or {}
    return LedgerEntry(
        term.coefficient,
        energy,
        term.what,
        str(record.get("label") or record.get("task") or ""),
        str(record.get("key", "")),
        "" if free is None or not free.correction else _parts(free),
    )


def _parts(free: FreeEnergy) -> str:
    numbers = (
        f"E {free.energy:.4f}, ZPE {free.zpe:+.3f}, ∫C dT {free.enthalpy_correction:+.3f}, "
        f"−TS {-free.entropy_term:+.3f} eV"
    ).replace("-", "−")
    return f"{numbers} at {free.temperature:g} K ({free.model})"


def _free_energies(value: Any, depth: int = 4) -> Iterator[FreeEnergy]:
    """Yield the Gibbs energies within a result, wherever they are kept."""
    if isinstance(value, FreeEnergy):
        yield value
    elif depth == 0:
        return
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _free_energies(getattr(value, one.name), depth - 1)
    elif isinstance(value, Mapping):
        for inside in value.values():
            yield from _free_energies(inside, depth - 1)
    elif isinstance(value, list | tuple):
        for inside in value[:64]:
            yield from _free_energies(inside, depth - 1)
