"""The task of a stretch of a trajectory: states about the gap of each frame, and their overlaps."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.calculators.mpi import mpi_rank
from heterodot.calculators.registry import Code
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import CalculationError, InputError
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.task import Task
from heterodot.writing import write_atomically

DIGITS = 6
"""Of positions, Å."""

TRUSTED = 0.01
"""Largest deviation of a state's norm from one, by the overlap between geometries, before that is
refused: it then is not of the basis the states are written in."""

Positions = tuple[tuple[tuple[float, float, float], ...], ...]


@dataclass(frozen=True)
class StatesAlongResult:
    """States of a stretch of frames, from below the gap to above it.

    Attributes
    ----------
    energies : (f, s) float array
        eV, ascending.
    gaps : (f,) float array
        Lowest empty less highest filled level, eV.
    totals : (f,) float array
        Total energy, eV.
    homo : int
        Which of the states kept is the highest filled one.
    overlaps : (f - 1, s, s) float array
        ⟨φ_j(t)|φ_k(t+Δt)⟩.
    orthogonalised : (f - 1, s, s) float array
        The same in symmetrically orthogonalised orbitals, as if those did not move.
    exact : bool
        Whether ``overlaps`` are by the integrals between geometries; else they are the
        orthogonalised ones.
    weights : (f, s, d) float array
        Mulliken share of each state on each domain.
    domains : tuple of str
    atom_weights : (s, a) float array
        Share on each atom, first frame.
    recovery : str
    off : float
        Largest deviation of the states from orthonormal ones by the integrals between geometries.
    """

    energies: np.ndarray
    gaps: np.ndarray
    totals: np.ndarray
    homo: int
    overlaps: np.ndarray
    orthogonalised: np.ndarray
    exact: bool
    weights: np.ndarray
    domains: tuple[str, ...]
    atom_weights: np.ndarray
    recovery: str = ""
    off: float = 0.0

    def narrowed(self, below: int, above: int) -> StatesAlongResult:
        """Return the same of fewer states: so many filled and empty ones.

        Raises
        ------
        InputError
            There are not so many.
        """
        first, last = self.homo + 1 - below, self.homo + 1 + above
        if first < 0 or last > self.energies.shape[1]:
            empty = self.energies.shape[1] - self.homo - 1
            raise InputError(
                f"{below} filled and {above} empty states: expected {self.homo + 1} and {empty} at "
                "most"
            )
        kept = slice(first, last)
        return replace(
            self,
            energies=self.energies[:, kept],
            homo=below - 1,
            overlaps=self.overlaps[:, kept, kept],
            orthogonalised=self.orthogonalised[:, kept, kept],
            weights=self.weights[:, kept],
            atom_weights=self.atom_weights[kept],
        )


@dataclass(frozen=True, eq=False)
class StatesAlong(Task[StatesAlongResult]):
    """States about the gap along a stretch of a trajectory, each frame from a cold start.

    What is done of a killed stretch is taken up frame by frame.

    Attributes
    ----------
    atoms : Atoms
        What is the same in all frames.
    positions : sequence of (a, 3) arrays
        Å, of each frame; the last may be the first of the next stretch.
    below, above : int
        Filled and empty states kept.
    couple : bool
        Whether overlaps between frames are calculated.
    clipped : bool
        Keep what there is where the structure has fewer states, and tell how far off integrals
        between geometries are in place of refusing: for whoever does not know who will ask.
    """

    positions: Positions = ()
    below: int = 1
    above: int = 1
    couple: bool = True
    clipped: bool = False

    kind: ClassVar[str] = "states-along"

    @property
    def planned_energies(self) -> int:
        """Two for each frame: an SCF from a cold start takes twice one that goes on."""
        return 2 * len(self.positions)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("local_orbitals" if self.couple else "orbitals")
        places = np.asarray(self.positions, float)
        if places.ndim != 3 or places.shape[1:] != (len(self.atoms), 3) or not len(places):
            raise InputError(
                f"positions of shape {places.shape}: expected (frames, {len(self.atoms)}, 3)"
            )
        if self.below < 1 or self.above < 1:
            raise InputError(f"below {self.below}, above {self.above}: expected 1 state or more")
        object.__setattr__(self, "positions", np.round(places, DIGITS).tolist())

    def settings(self) -> dict[str, Any]:
        """Return the task's own settings; ``clipped`` only where it is set, as keys were before."""
        found = super().settings()
        if not self.clipped:
            del found["clipped"]
        return found

    def frame(self, index: int) -> Atoms:
        """Return the atoms of a frame."""
        atoms: Atoms = self.atoms.copy()
        atoms.set_positions(self.positions[index], apply_constraint=False)
        return atoms

    def compute(self, directory: Path) -> dict[str, Any]:
        """Calculate frame after frame, going on from those in ``directory``."""
        found: list[dict[str, np.ndarray]] = []
        for index in range(len(self.positions)):
            path = directory / f"frame-{index:04d}.npz"
            if path.exists():
                with np.load(path) as kept:
                    found.append(dict(kept))
            else:
                found.append(self._states(index, directory))
                if self.couple and index:
                    found[index] |= self._overlap(found[index - 1], found[index], index)
                _keep(path, found[index])
        return self._joined(found)

    def _states(self, index: int, directory: Path) -> dict[str, np.ndarray]:
        """Return energies, shares and, for overlaps, coefficients of one frame."""
        own = directory / f"frame-{index:04d}"  # no code finds another frame's density there
        if self.level.ranks == 1:
            shutil.rmtree(own, ignore_errors=True)  # nor its own of a run that was killed
        own.mkdir(parents=True, exist_ok=True)
        atoms = attach_calculator(self.frame(index), self.level, own)
        with self.level.translate_errors():
            total = float(atoms.get_potential_energy())
            if not self.couple:
                states = self.level.electronic_structure(atoms.calc, atoms)
                return self._of_energies(states, total)
            orbitals = self.level.local_orbitals(atoms.calc, atoms)
        return self._of_orbitals(orbitals, total)

    def _window(self, energies: np.ndarray, n_electrons: float) -> tuple[int, int]:
        if energies.shape[:2] != (1, 1):
            raise InputError(
                f"states along a trajectory: {energies.shape[0]} spin channels, "
                f"{energies.shape[1]} k-points: expected a spin-paired structure at Γ"
            )
        homo = round(n_electrons / 2) - 1
        first, last = homo - self.below + 1, homo + self.above + 1
        if self.clipped and 0 <= homo < energies.shape[2] - 1:
            first, last = max(first, 0), min(last, energies.shape[2])
        if first < 0 or last > energies.shape[2] or abs(n_electrons / 2 - homo - 1) > 1e-3:
            raise InputError(
                f"{self.below} states below and {self.above} above the gap of {n_electrons:g} "
                f"electrons in {energies.shape[2]} states: expected fewer, and an even number of "
                "electrons"
            )
        return first, last

    def _of_energies(self, states: Any, total: float) -> dict[str, np.ndarray]:
        first, last = self._window(states.energies, states.n_electrons)
        shares = np.zeros((last - first, len(self.atoms)))
        return {
            "energies": states.energies[0, 0, first:last],
            "homo": np.array(round(states.n_electrons / 2) - 1 - first),
            "total": np.array(total),
            "atom_weights": shares,
        }

    def _of_orbitals(self, orbitals: LocalOrbitals, total: float) -> dict[str, np.ndarray]:
        states = orbitals.states
        first, last = self._window(states.energies, states.n_electrons)
        if np.iscomplexobj(orbitals.coefficients) and np.abs(orbitals.coefficients.imag).max() > 0:
            raise InputError("states along a trajectory: complex orbitals: expected Γ alone")
        c = orbitals.coefficients[0, 0, first:last].real
        mulliken = c * (c @ orbitals.overlap[0].real)
        shares = np.zeros((len(c), len(self.atoms)))
        for row, one in zip(shares, mulliken, strict=True):
            row += np.bincount(orbitals.atom, one, len(self.atoms))
        turned = orbitals.orthogonalised.coefficients[0, 0, first:last].real
        return {
            "energies": states.energies[0, 0, first:last],
            "homo": np.array(round(states.n_electrons / 2) - 1 - first),
            "total": np.array(total),
            "atom_weights": shares,
            "coefficients": c,
            "turned": turned,
        }

    def _overlap(
        self, before: dict[str, np.ndarray], here: dict[str, np.ndarray], index: int
    ) -> dict[str, np.ndarray]:
        first, second = self.frame(index - 1), self.frame(index)
        rough = before["turned"] @ here["turned"].T
        settings = self.level.settings
        matrix = self.level.implementation.orbital_overlap(first, second, settings)
        if matrix is None:
            return {"overlap": rough, "orthogonalised": rough}
        overlap = before["coefficients"] @ matrix @ here["coefficients"].T
        if index == 1:
            own = self.level.implementation.orbital_overlap(first, first, settings)
            norm = before["coefficients"] @ own @ before["coefficients"].T
            off = float(np.abs(norm - np.eye(len(norm))).max())
            if not self.clipped:
                check_orthonormal(off, self.level)
            return {"overlap": overlap, "orthogonalised": rough, "off": np.array(off)}
        return {"overlap": overlap, "orthogonalised": rough}

    def _joined(self, found: list[dict[str, np.ndarray]]) -> dict[str, Any]:
        domain = self.atoms.arrays.get("domain", np.full(len(self.atoms), "all")).astype(str)
        domains = list(dict.fromkeys(domain.tolist()))
        member = np.array([domain == name for name in domains], float).T
        energies = np.array([one["energies"] for one in found])
        n = energies.shape[1]
        empty = np.zeros((0, n, n))
        pairs = found[1:] if self.couple else []
        return {
            "energy": float(found[0]["total"]),
            "energies": energies,
            "totals": np.array([one["total"] for one in found]),
            "overlaps": np.array([one["overlap"] for one in pairs]) if pairs else empty,
            "orthogonalised": (
                np.array([one["orthogonalised"] for one in pairs]) if pairs else empty
            ),
            "exact": _is_exact(self),
            "weights": np.array([one["atom_weights"] @ member for one in found]),
            "domains": domains,
            "atom_weights": found[0]["atom_weights"],
            "homo": int(found[0].get("homo", self.below - 1)),
            "off": max(float(one.get("off", 0.0)) for one in found),
        }

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: energies, shares and overlaps of each frame."""
        f = len(self.positions)
        n = None if self.clipped else self.below + self.above
        shapes: dict[str, tuple[int | None, ...]] = {
            "energy": (),
            "energies": (f, n),
            "totals": (f,),
            "atom_weights": (n, len(self.atoms)),
        }
        if self.couple and f > 1:  # an empty array has lost its other lengths
            shapes |= dict.fromkeys(("overlaps", "orthogonalised"), (f - 1, n, n))
        return shapes

    def final_geometry(self, data: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Nobody asks for the last frame again."""
        return

    def result(self, data: Mapping[str, Any]) -> StatesAlongResult:
        """Return the typed result."""
        energies = np.asarray(data["energies"], float)
        homo, n = int(data.get("homo", self.below - 1)), energies.shape[1]
        return StatesAlongResult(
            energies=energies,
            gaps=energies[:, homo + 1] - energies[:, homo],
            totals=np.asarray(data["totals"], float),
            homo=homo,
            overlaps=np.asarray(data["overlaps"], float).reshape(-1, n, n),
            orthogonalised=np.asarray(data["orthogonalised"], float).reshape(-1, n, n),
            exact=data["exact"],
            weights=np.asarray(data["weights"], float),
            domains=tuple(data["domains"]),
            atom_weights=np.asarray(data["atom_weights"], float),
            recovery=data["recovery"],
            off=float(data.get("off", 0.0)),
        )


def check_orthonormal(off: float, level: Level) -> None:
    """Refuse integrals between geometries that are of another basis than the states.

    Raises
    ------
    CalculationError
    """
    if off > TRUSTED:
        raise CalculationError(
            f"{level.code}: by the overlap between geometries the states are not orthonormal (off "
            f"by {off:.2f}): its orbitals are others here"
        )


def _is_exact(task: StatesAlong) -> bool:
    """Whether the code has integrals between geometries."""
    own = type(task.level.implementation).orbital_overlap
    return task.couple and own is not Code.orbital_overlap


def _keep(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    if mpi_rank() != 0:
        return
    path.parent.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    write_atomically(path, buffer.getvalue())
