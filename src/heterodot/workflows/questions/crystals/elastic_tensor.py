"""The elastic tensor of a crystal: strains by its symmetry, each a task."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.elasticity.stiffness import Stiffness
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level
from heterodot.data.flags import flag_note
from heterodot.errors import InputError
from heterodot.structures.crystals.crystal import is_made
from heterodot.structures.crystals.freedom import crystal_freedom
from heterodot.structures.crystals.levelled import crystal_at_level
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.crystals.cell_relaxation import CellRelaxation
from heterodot.workflows.questions.crystals.equation_of_state import EquationOfState
from heterodot.workflows.questions.crystals.judging import (
    STRESS_LEFT,
    check_crystal,
    flagged,
    independent_lengths,
    stress_left,
)
from heterodot.workflows.questions.crystals.meshes import mesh_gate, with_held_mesh
from heterodot.workflows.questions.crystals.straining import (
    Strained,
    strained_energies,
    strained_stresses,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NOISY = 0.05
"""Of the largest constant, for what symmetry forbids in the stresses. Chosen: strains of 0.5 %
leave 0.1 to 1 % of a smooth level, 5 % and more where atoms jumped or forces are noise."""

_CALLED = {(i, j): f"C{i + 1}{j + 1}" for i in range(6) for j in range(i, 6)}


@dataclass(frozen=True)
class ElasticTensorResult(Result):
    """The elastic tensor of a crystal with its averages.

    Attributes
    ----------
    start, structure : Atoms
        The crystal as given, and that which was strained.
    tensor : Stiffness
        Relaxed ions, GPa, in the Cartesian frame of the structure.
    clamped : Stiffness or None
        With the atoms where the strain puts them; None where that is not known.
    residual : float
        GPa of what symmetry forbids, at most.
    method : {"stress", "energy"}
    space_group : str
    n_strains : int
        Strains that were calculated.
    """

    start: Atoms
    structure: Atoms
    tensor: Stiffness
    clamped: Stiffness | None
    residual: float
    method: str
    space_group: str
    n_strains: int

    @property
    def structures(self) -> dict[str, Atoms]:
        """The crystal that was strained, its tensor in its record."""
        return {self.geometry: self.crystal if is_made(self.start) else self.structure}

    @property
    def crystal(self) -> Atoms:
        """The crystal with the lattice and the elastic constants of the level, for builders."""
        made = crystal_at_level(self.structure, self.level, self.start, self.tensor.matrix)
        return flagged(made, self.flags)

    @property
    def constants(self) -> dict[str, float]:
        """The constants that differ and are not zero, GPa, by name."""
        return _named(self.tensor.matrix)

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        t = self.tensor
        values: Values = {f"{name} (GPa)": value for name, value in self.constants.items()}
        if self.clamped is not None:
            own = _named(self.clamped.matrix, like=self.tensor.matrix)
            values |= {f"{name} clamped ions (GPa)": value for name, value in own.items()}
        values |= {f"{name} (GPa)": value for name, value in t.criteria.items() if name != "C44"}
        values["stress forbidden by symmetry (GPa)"] = self.residual
        values |= dict(independent_lengths(self.structure, self.start))
        if not t.is_stable:
            return values
        return {
            **values,
            "K Voigt (GPa)": t.bulk_voigt,
            "K Reuss (GPa)": t.bulk_reuss,
            "K (GPa)": t.bulk,
            "G Voigt (GPa)": t.shear_voigt,
            "G Reuss (GPa)": t.shear_reuss,
            "G (GPa)": t.shear,
            "Young's modulus (GPa)": t.young,
            "Poisson's ratio": t.poisson,
            "universal anisotropy": t.anisotropy,
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "stiffness": self.tensor.matrix.tolist(),
            "clamped_stiffness": None if self.clamped is None else self.clamped.matrix.tolist(),
            "eigenvalues": self.tensor.eigenvalues.tolist(),
            "residual": self.residual,
            "method": self.method,
            "space_group": self.space_group,
            "n_strains": self.n_strains,
            "structure": structure_to_dict(self.structure),
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        q = self.quantities()
        listed = ", ".join(f"{name} = {q[f'{name} (GPa)']:.1f}" for name in self.constants)
        line = f"{self.structure.get_chemical_formula()}, {self.space_group}: {listed} GPa"
        if not self.tensor.is_stable:
            return f"{line}; not stable, least eigenvalue {self.tensor.eigenvalues.min():.1f} GPa"
        ratio, anisotropy = q["Poisson's ratio"], q["universal anisotropy"]
        return (
            f"{line}; K = {q['K (GPa)']:.1f}, G = {q['G (GPa)']:.1f} GPa, ν = "
            f"{ratio:.3f}, A^U = {anisotropy:.2f}"
        )

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return Young's modulus by direction, where the crystal is stable."""
        if not self.tensor.is_stable:
            return {}
        return {f"young-{name}": partial(self.plot, title=title)}

    def plot(self, title: str = "", *, ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw Young's modulus by direction; see :func:`heterodot.analysis.plot_stiffness`."""
        from heterodot.analysis.elasticity.plot import plot_stiffness

        said = join_caption([caption, flag_note(self.flags)])
        label = self.marked(title or self.structure.get_chemical_formula())
        return plot_stiffness({"relaxed ions": self.tensor}, title=label, ax=ax, caption=said)


@dataclass(frozen=True, eq=False)
class ElasticTensor(Question):
    """The elastic tensor of a crystal, its atoms relaxed under each strain.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions, without constraints.
    level : Level
        Of one code. A density of k-points becomes the mesh it gives the crystal as it is.
    method : {"auto", "stress", "energy"}
        From the stresses of strained cells, or from the curvature of their energies; "auto" takes
        energies where the level gives no stress.
    strain : float, optional
        Size of the strains, both ways: 0.005 for stresses and 0.01 for energies by default.
    relax : bool
        Relax the cell first; at a level without stress by the equation of state, where symmetry
        holds the shape of the cell. Switched off, stress that is left is flagged.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    name : str
        What progress displays and tables call it.
    """

    kind: ClassVar[str] = "elastic_tensor"

    atoms: Atoms
    level: Level
    method: Literal["auto", "stress", "energy"] = "auto"
    strain: float | None = None
    relax: bool = True
    fmax: float = 0.002
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crystal(self.atoms, self.level, self.kind)
        if self.strain is not None and not 1e-4 <= self.strain <= 0.05:
            raise InputError(f"strain {self.strain}: expected a small one, 0.0001…0.05")
        if self.level.capabilities.stress:
            return
        if self.method == "stress":
            raise self.level.implementation.cannot(
                f"the stress of a cell ({self.level.label}; method: energy takes energies)",
                "stress",
            )
        symmetry = crystal_freedom(self.atoms)
        if self.relax and symmetry.n_strains > 1:
            raise InputError(
                f"elastic_tensor at {self.level.label}, which gives no stress: the shape of the "
                f"cell of {symmetry.label} cannot be relaxed; relax it at a level that does "
                "(cell_relaxation) and give relax: false"
            )

    @property
    def by(self) -> str:
        """The method in use."""
        if self.method != "auto":
            return self.method
        return "stress" if self.level.capabilities.stress else "energy"

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 22 if self.by == "stress" else 64

    def run(self, runner: Runner) -> ElasticTensorResult:
        """Relax the crystal, strain it, read the constants."""
        level = with_held_mesh(self.level, self.atoms)
        atoms, flags = self._relaxed(runner, level)
        symmetry = crystal_freedom(atoms)
        strained = strained_stresses if self.by == "stress" else strained_energies
        size = self.strain or (0.005 if self.by == "stress" else 0.01)
        found: Strained = strained(
            runner, atoms, level, symmetry.rotations, size, (self.fmax, self.steps), self.name
        )
        flags += found.flags + self._gates(found)
        return ElasticTensorResult(
            level=self.level.label,
            flags=flags,
            caveats=self.level.caveats(atoms),
            start=self.atoms,
            structure=atoms,
            tensor=Stiffness(found.stiffness),
            clamped=None if found.clamped is None else Stiffness(found.clamped),
            residual=found.residual,
            method=self.by,
            space_group=symmetry.label,
            n_strains=found.n_strains,
        )

    def _relaxed(self, runner: Runner, level: Level) -> tuple[Atoms, tuple[Flag, ...]]:
        if not self.relax:
            return self.atoms, mesh_gate(self.level, self.atoms)
        if level.capabilities.stress:
            cell = CellRelaxation(
                self.atoms, level, fmax=self.fmax, steps=self.steps, name=self.name
            ).run(runner)
            return cell.structure, cell.flags
        volume = EquationOfState(
            self.atoms, level, fmax=self.fmax, steps=self.steps, name=self.name
        ).run(runner)
        return volume.structure, volume.flags

    def _gates(self, found: Strained) -> tuple[Flag, ...]:
        flags: tuple[Flag, ...] = ()
        left = 0.0 if found.stress is None else stress_left(found.stress, 0.0)
        if left > STRESS_LEFT and not self.relax:
            message = f"geometry as given: {left:.2f} GPa of stress left; relax the cell first"
            flags += (Flag("not-relaxed", message),)
        tensor = Stiffness(found.stiffness)
        largest = float(np.abs(tensor.matrix).max())
        if found.residual > NOISY * largest:
            message = f"stresses {found.residual:.1f} GPa off those of the crystal's symmetry"
            flags += (Flag("noisy-tensor", message),)
        if not tensor.is_stable:
            failed = [f"{name} = {v:.1f} GPa" for name, v in tensor.criteria.items() if v <= 0]
            least = f"least eigenvalue {tensor.eigenvalues.min():.1f} GPa"
            message = f"Born's criteria fail: {', '.join(failed or [least])}"
            flags += (Flag("elastically-unstable", message),)
        return flags


def _named(matrix: np.ndarray, like: np.ndarray | None = None) -> dict[str, float]:
    """Return the constants that differ from those before them and are not zero."""
    reference = matrix if like is None else like
    limit = 1e-4 * float(np.abs(reference).max())
    found: dict[str, float] = {}
    seen: list[float] = []
    for (i, j), name in _CALLED.items():
        value = float(reference[i, j])
        if abs(value) > limit and not any(abs(abs(value) - abs(other)) < limit for other in seen):
            seen.append(value)
            found[name] = float(matrix[i, j])
    return found
