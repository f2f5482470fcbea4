"""A calculator that writes down every energy and force it is asked for, and never asks twice.

A killed relaxation or finite-difference run starts again from the beginning; what was calculated
is answered from the record in microseconds, so an optimizer comes back with its whole memory (its
history, its line search, its trust in the step) at the point where it was killed, and ends where
it would have ended.

To the last digit, where the code allows it: a calculator that starts its SCF from the previous
geometry's result, and can be told to ``forget`` it, is told so at every :data:`CHAIN`-th geometry.
What a geometry gives then depends on at most :data:`CHAIN` - 1 others, and those are calculated
again before a killed run goes on. (Without this the 1e-3 eV/Å between a warm and a cold GFN1 start
sent a soft relaxation of COOH* to another end point.)
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from heterodot.calculators import Level
from heterodot.calculators.mpi import mpi_rank
from heterodot.errors import CalculationError, CapabilityError
from heterodot.workflows.tasks.computing.attachment import attach_calculator, kept_members
from heterodot.workflows.tasks.computing.cost import sum_known
from heterodot.workflows.tasks.computing.forces import Accuracy

SYNC_INTERVAL = 1.0
"""Seconds between two writes to disk at least: cheap steps are written many at a time."""

CHAIN = 6
"""Geometries from one cold start of the SCF to the next: 8 % dearer than none, against 45 % for a
cold start at each (GFN1, a dot of 60 atoms)."""

_ARRAYS = frozenset({"dipole", "stress"})  # of an entry, beside the forces
_DECIMALS = 9  # positions that agree to 1e-9 Å are the same geometry


class LostPositionsError(RuntimeError):
    """An optimizer asks for positions that are no numbers."""


class RecordedCalculator(Calculator):
    """Wrap an ASE calculator; energies (eV) and forces (eV/Å) go to ``path`` line by line.

    Dipoles (e Å) of finite structures, and the energies (eV) of a committee's members, go with them
    where the calculator gives them.

    Under MPI every rank reads the record, and the first one writes it.

    Parameters
    ----------
    inner : ASE calculator
        What really calculates.
    path : Path
        The record; lines of an earlier run are taken up, a torn last line is dropped.
    translate : callable
        Gives a context that turns the code's exceptions into heterodot's.
    count : callable
        Gives the SCF iterations of what the inner calculator has just done, or None.
    loosen : callable
        Multiplies the inner calculator's SCF criteria by a factor.
    factor_for : callable
        Gives the factor at which its forces are right to an error in eV/Å.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]

    def __init__(
        self,
        inner: Any,
        path: Path,
        translate: Callable[[], AbstractContextManager[None]] = nullcontext,
        count: Callable[[Any], int | None] = lambda _: None,
        loosen: Callable[[Any, float], None] = lambda *_: None,
        factor_for: Callable[[float], float] = lambda _: 1.0,
    ) -> None:
        super().__init__()
        self.inner = inner
        self.translate = translate
        self.count = count
        self.loosen = loosen
        self.accuracy = Accuracy(factor_for)
        self.path = path
        self.n_calculated = 0
        self._known: dict[bytes, dict[str, Any]] = {}  # in the order of calculation
        self._geometries: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}  # asked for, cells too
        self._is_warm = False  # whether the inner calculator has the guess it should have
        self._unwritten: list[str] = []
        self._synced_at = time.monotonic()
        self._load()

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Answer from the record, or calculate and write down.

        Raises
        ------
        LostPositionsError
            For positions that are no numbers: an optimizer has divided by nothing.
        """
        super().calculate(atoms, properties, system_changes)
        if not np.isfinite(self.atoms.positions).all():  # a potential has finite energies there
            raise LostPositionsError("positions that are no numbers were asked for")
        geometry = self._name(self.atoms)
        entry = self._known.get(geometry)
        if entry is None:
            with self.translate():  # here, before an optimizer can take it for its own trouble
                self._prepare_guess()
                entry = self._ask(self.atoms.copy())
            self.n_calculated += 1
            self._known[geometry] = entry
            self._note(geometry, entry)
        self._geometries[geometry] = self.atoms.positions.copy(), self.atoms.cell.array.copy()
        self.accuracy.learn(entry["forces"])
        known = {name: value for name, value in entry.items() if name != "n_scf"}
        self.results = {**known, "forces": entry["forces"].copy()}

    @property
    def cost(self) -> dict[str, int | None]:
        """``n_forces`` geometries, ``n_scf`` iterations (None unless all are known), those of
        killed runs included.
        """
        iterations = [entry.get("n_scf") for entry in self._known.values()]
        known = [n for n in iterations if n is not None]
        complete = len(known) == len(iterations)
        return {"n_forces": len(iterations), "n_scf": sum(known) if complete else None}

    def _prepare_guess(self) -> None:
        """Bring the inner calculator's SCF guess to what it is in a run that was never killed."""
        forget = getattr(self.inner, "forget", None)
        if forget is None:
            return
        position = len(self._known) % CHAIN
        if position == 0:
            forget()
        elif not self._is_warm:
            forget()
            for geometry in list(self._known)[-position:]:
                if geometry in self._geometries:  # a deterministic task asks for all of them
                    atoms = self.atoms.copy()
                    atoms.positions, atoms.cell[:] = self._geometries[geometry]
                    self._ask(atoms)
        self._is_warm = True

    def _name(self, atoms: Atoms) -> bytes:
        """Return what a geometry is known by: its positions, in a cell that stays."""
        return _fingerprint(atoms.positions)

    def _ask(self, atoms: Atoms) -> dict[str, Any]:
        atoms.set_constraint()
        energy, forces, n_scf = self._converge(atoms)
        free = energy
        if "free_energy" in self.inner.implemented_properties:
            free = float(self.inner.get_property("free_energy", atoms))
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise CalculationError(
                f"the code returned energy {energy} eV with non-finite numbers among the forces; "
                "check the geometry and the SCF settings"
            )
        entry = {"energy": energy, "free_energy": free, "forces": forces}
        if n_scf is not None:
            entry["n_scf"] = n_scf
        entry.update(kept_members(self.inner.results))
        dipole = self.inner.results.get("dipole")
        if dipole is not None and not atoms.pbc.any():  # a crystal has none of its own
            entry["dipole"] = np.array(dipole, float)
        return entry

    def _converge(self, atoms: Atoms) -> tuple[float, np.ndarray, int | None]:
        """Energy, forces and SCF iterations, as accurate as they must be."""
        energy, forces, n_scf = self._solve(atoms, self.accuracy.factor)
        if self.accuracy.suffices(forces):
            return energy, forces, n_scf
        energy, forces, more = self._solve(atoms, self.accuracy.final)
        return energy, forces, sum_known(n_scf, more)

    def _solve(self, atoms: Atoms, factor: float) -> tuple[float, np.ndarray, int | None]:
        """Energy, forces and SCF iterations, the criteria multiplied by ``factor``."""
        self.loosen(self.inner, factor)
        energy = float(self.inner.get_potential_energy(atoms))
        forces = np.array(self.inner.get_forces(atoms), float)
        return energy, forces, self.count(self.inner)

    def _note(self, geometry: bytes, entry: dict[str, Any]) -> None:
        line = {
            "geometry": geometry.hex(),
            "energy": entry["energy"],
            "free_energy": entry["free_energy"],
            "forces": entry["forces"].tolist(),
        }
        if "n_scf" in entry:
            line["n_scf"] = entry["n_scf"]
        for name in _ARRAYS & entry.keys():
            line[name] = entry[name].tolist()
        line.update(kept_members(entry))
        self._unwritten.append(json.dumps(line) + "\n")
        if time.monotonic() - self._synced_at >= SYNC_INTERVAL:
            self.sync()

    def sync(self) -> None:
        """Write what is not on disk yet."""
        if self._unwritten and mpi_rank() == 0:
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("a") as file:
                file.writelines(self._unwritten)
        self._unwritten = []
        self._synced_at = time.monotonic()

    def _load(self) -> None:
        if not self.path.exists():
            return
        whole = []
        for line in self.path.read_text().splitlines(keepends=True):
            try:
                entry = json.loads(line)
                geometry = bytes.fromhex(entry.pop("geometry"))
                entry["forces"] = np.array(entry["forces"], float)
                if not (np.isfinite(entry["energy"]) and np.isfinite(entry["forces"]).all()):
                    break  # none of ours
                for name in _ARRAYS & entry.keys():
                    entry[name] = np.array(entry[name], float)
            except (ValueError, KeyError, TypeError, AttributeError):
                break  # killed while writing this line
            if not line.endswith("\n"):
                break
            self._known[geometry] = entry
            whole.append(line)
        if mpi_rank() == 0:  # a torn tail would swallow the next line written after it
            self.path.write_text("".join(whole))


def _fingerprint(positions: np.ndarray) -> bytes:
    return hashlib.sha256((np.round(positions, _DECIMALS) + 0.0).tobytes()).digest()[:16]


class RecordedCell(RecordedCalculator):
    """The same of a crystal whose cell may change: the stress (eV/Å³, Voigt's order) as well."""

    implemented_properties: ClassVar[list[str]] = [
        *RecordedCalculator.implemented_properties,
        "stress",
    ]

    def _name(self, atoms: Atoms) -> bytes:
        return _fingerprint(np.vstack([atoms.cell.array, atoms.positions]))

    def _ask(self, atoms: Atoms) -> dict[str, Any]:
        if "stress" not in self.inner.implemented_properties:
            raise CapabilityError("no stress of a cell")
        entry = super()._ask(atoms)
        try:
            stress = np.array(self.inner.get_stress(atoms), float)
        except NotImplementedError as error:  # ASE's own for a property that is missing, too
            raise CapabilityError("no stress of a cell") from error
        if not np.isfinite(stress).all():
            raise CalculationError(
                "the code returned a stress that is no number; check the cell and the settings"
            )
        return {**entry, "stress": stress}


def attach_recorded_calculator(
    atoms: Atoms, level: Level, directory: Path, *, cell: bool = False
) -> Atoms:
    """Put a level's calculator on a structure: one that remembers what a killed run did.

    The record is in ``directory``. With ``cell`` it is of cells that change, and their stress.
    """
    prepared = attach_calculator(atoms, level, directory)
    prepared.calc = (RecordedCell if cell else RecordedCalculator)(
        prepared.calc,
        directory / "calculations.jsonl",
        level.translate_errors,
        level.implementation.scf_iterations,
        level.implementation.loosen,
        partial(level.implementation.scf_factor, level.settings),
    )
    return prepared
