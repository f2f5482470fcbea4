"""Shifts and gaps of an interface, calculated one by one: where the film lies best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.errors import CalculationError, StructureError
from heterodot.records import Record
from heterodot.structures.interfaces.registry import grid_of_shifts, scan_registry
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.forces import largest_free_force
from heterodot.workflows.tasks.outcomes import Done, Failed
from heterodot.workflows.tasks.tasks import SinglePoint

MAX_STEPS = 8
"""Gaps added at most where the lowest energy is at the end of those asked for. Chosen: 2.4 Å at the
usual spacing; what has no minimum by then is flagged."""


@dataclass(frozen=True)
class RegistryPoint(Record, written=("shift", "gap", "energy")):
    """One calculated position of the film.

    Attributes
    ----------
    shift : tuple of float
        In fractions of the common cell.
    gap : float
        Å.
    energy : float
        eV.
    recovery : str
        What it took to converge.
    fmax : float or None
        Largest force left on an atom that may move, eV/Å.
    """

    shift: tuple[float, float]
    gap: float
    energy: float
    recovery: str = ""
    fmax: float | None = None


def interface_record(atoms: Atoms) -> dict[str, Any]:
    """Return what the builder wrote down of an interface.

    Raises
    ------
    StructureError
        The structure is no interface.
    """
    record = provenance.details(atoms).get("interface")
    sides = set(np.unique(atoms.arrays.get("domain", np.zeros(0, str))).tolist())
    if record is None or not {"film", "substrate"} <= sides:
        raise StructureError("the structure has no interface record: build it with interface()")
    return dict(record)


def placed(atoms: Atoms, shift: Sequence[float] | np.ndarray, gap: float) -> Atoms:
    """Return the interface with its film at another shift (fractions) and gap (Å)."""
    record = interface_record(atoms)
    new = atoms.copy()
    film = new.arrays["domain"] == "film"
    low, high = new.positions[film, 2].min(), new.positions[~film, 2].max()
    change = np.asarray(shift, float) - np.asarray(record["shift"], float)
    new.positions[film, :2] += change @ new.cell.array[:2, :2]
    new.positions[film, 2] += high + gap - low
    provenance.update(new, interface={**record, "shift": [float(x) for x in shift], "gap": gap})
    return new


def side(atoms: Atoms, which: str) -> Atoms:
    """Return the film or the substrate alone, in the same cell and place."""
    new = atoms[atoms.arrays["domain"] == which]
    new.info = {}
    return new


def unstrained_film(atoms: Atoms) -> Atoms:
    """Return the film alone with its lateral strain (and rotation) undone.

    Fractional coordinates in the plane, and heights, stay what they are.
    """
    gradient = np.array(interface_record(atoms)["film"]["gradient"], float)
    film = side(atoms, "film")
    cell = film.cell.array.copy()
    back = np.linalg.inv(gradient).T
    cell[:2, :2] = cell[:2, :2] @ back
    film.positions[:, :2] = film.positions[:, :2] @ back
    film.set_cell(cell, scale_atoms=False)
    return film


@dataclass(frozen=True)
class RegistrySearch:
    """Single points over shifts and gaps.

    Attributes
    ----------
    atoms : Atoms
        The interface; its own shift is always tried.
    level : Level
    grid : tuple of two int
        Shifts along each side of the cell of different ones.
    offsets : tuple of float
        Added to the smallest gap without short contacts, Å, rising.
    name : str
    """

    atoms: Atoms
    level: Level
    grid: tuple[int, int]
    offsets: tuple[float, ...]
    name: str

    def run(self, runner: Runner) -> tuple[tuple[RegistryPoint, ...], tuple[Flag, ...]]:
        """Return the points in the order of :func:`rank`, and what is to be flagged."""
        record = interface_record(self.atoms)
        shifts = np.array(record["shift"]) + grid_of_shifts(
            np.array(record["shift_cell"]), self.grid
        )
        cell = self.atoms.cell.array[:2, :2]
        sides = side(self.atoms, "film"), side(self.atoms, "substrate")
        base = scan_registry(*sides, cell, shifts).gaps
        wanted = [(s, g + d) for s, g in zip(shifts, base, strict=True) for d in self.offsets]
        points, flags = self._points(runner, wanted)
        best = min(points, key=rank)
        alike = [p for p in points if p.shift == best.shift and rank(p)[0] == rank(best)[0]]
        others = [p for p in points if p not in alike]
        column, ended = self._followed(runner, alike)
        column += self._refined(runner, column)
        ranked = sorted([*column, *others], key=rank)
        return tuple(ranked), flags + ended + _recovered(ranked)

    def _points(
        self, runner: Runner, wanted: list[tuple[np.ndarray, float]]
    ) -> tuple[list[RegistryPoint], tuple[Flag, ...]]:
        tasks = [
            SinglePoint(placed(self.atoms, s, g), self.level, label=f"{self.name} gap {g:.2f} Å")
            for s, g in wanted
        ]
        outcomes = runner.outcomes(tasks)
        points = []
        for (shift, gap), outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, Done):
                found, where = outcome.result, (float(shift[0]), float(shift[1]))
                left = largest_free_force(found.forces, self.atoms)
                points.append(RegistryPoint(where, float(gap), found.energy, found.recovery, left))
        failed = [outcome.error for outcome in outcomes if isinstance(outcome, Failed)]
        if not points:
            raise CalculationError(f"{self.name}: no position could be calculated; {failed[0]}")
        if not failed:
            return points, ()
        message = f"{len(failed)} of {len(outcomes)} positions failed; the first: {failed[0]}"
        return points, (Flag("start-failed", message),)

    def _followed(
        self, runner: Runner, column: list[RegistryPoint]
    ) -> tuple[list[RegistryPoint], tuple[Flag, ...]]:
        """Go on beyond the gaps asked for while the lowest energy is at their end."""
        column = sorted(column, key=lambda p: p.gap)
        if len(column) < 2:
            return column, ()
        step = min(b.gap - a.gap for a, b in pairwise(column))
        for _ in range(MAX_STEPS):
            lowest = min(range(len(column)), key=lambda k: rank(column[k]))
            if 0 < lowest < len(column) - 1:
                return column, ()
            gap = column[0].gap - step if lowest == 0 else column[-1].gap + step
            try:
                more, _ = self._points(runner, [(np.array(column[0].shift), gap)])
            except CalculationError:
                break
            column = sorted([*column, *more], key=lambda p: p.gap)
        message = f"the energy still falls at {column[lowest].gap:.2f} Å, the end of the gaps tried"
        return column, (Flag("gap-at-end", message),)

    def _refined(self, runner: Runner, column: list[RegistryPoint]) -> list[RegistryPoint]:
        """Calculate the gap at the lowest point of the parabola through the three lowest."""
        column = sorted(column, key=lambda p: p.gap)
        lowest = column.index(min(column, key=rank))
        if not 0 < lowest < len(column) - 1:
            return []
        three = column[lowest - 1 : lowest + 2]
        a, b, _ = np.polyfit([p.gap for p in three], [p.energy for p in three], 2)
        if a <= 0 or len({bool(p.recovery) for p in three}) > 1:
            return []
        gap = float(np.clip(-b / (2 * a), three[0].gap, three[2].gap))
        try:
            return self._points(runner, [(np.array(column[lowest].shift), gap)])[0]
        except CalculationError:
            return []


def rank(point: RegistryPoint) -> tuple[bool, float]:
    """Return what points are sorted by: those of the level's own settings first, then energy."""
    return bool(point.recovery), point.energy


def _recovered(points: Sequence[RegistryPoint]) -> tuple[Flag, ...]:
    """Flag points that converged only by a remedy: they are ranked behind all others."""
    found = [p for p in points if p.recovery]
    if not found or len(found) == len(points):
        return ()
    message = (
        f"{len(found)} of {len(points)} positions of the film are left out of the comparison; "
        f"the first: {found[0].recovery}"
    )
    return (Flag("scf-recovered", message),)


def at_point(atoms: Atoms, point: RegistryPoint) -> Atoms:
    """Return the interface with its film at a calculated point."""
    return placed(atoms, point.shift, point.gap)
