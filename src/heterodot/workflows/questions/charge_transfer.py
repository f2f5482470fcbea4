"""Charge transfer: what each part of a complex gained, and where the electrons moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis import ElectronicStructure, Flag, GridDensity, PlaneProfile
from heterodot.analysis.charges.transfer import FragmentTransfer, charge_transfer, facing
from heterodot.analysis.figures.canvas import formerly_saved
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level, codes_with
from heterodot.checks import is_whole
from heterodot.data.flags import flag_note
from heterodot.deprecation import renamed
from heterodot.errors import InputError
from heterodot.workflows.parts.fragments import fragment_indices, fragment_structure
from heterodot.workflows.parts.gates import (
    electronic_gates,
    guess_gate,
    recovery_gate,
)
from heterodot.workflows.parts.minima import states_forces, states_named
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import place_gates, relax_judged
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.density import Density, DensityResult
from heterodot.workflows.tasks.results import OrbitalsResult
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Orbitals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FMAX = 0.05
"""eV/Å: criterion of a relaxation; the complex should be one that was relaxed at this level.
Chosen, as every question's default."""

STEPS = 300
"""Geometries of that relaxation at most, where it is ours to do."""

UNBALANCED = 0.01
"""e: Δρ that integrates to more than this is flagged. Chosen, far above what grids miss (less than
1e-6 e in tests/workflows/questions/test_charge_transfer.py) and below a transfer worth telling;
decides the flag electron-count only."""


def _no_density() -> str:
    able = ", ".join(codes_with("density"))
    return f"no Δρ: this code gives no density on a grid; codes that do: {able}"


@dataclass(frozen=True)
class ChargeTransferResult(Result):
    """Electrons gained by each fragment, and the density difference.

    Attributes
    ----------
    transfers : dict of str to dict of str to analysis.FragmentTransfer
        By fragment, then by partition.
    fragments : dict of str to list of int
        Atoms of each.
    energies : dict of str to float
        Of the complex and of each fragment in its geometry, eV.
    difference : GridDensity or None
        Δρ = ρ(complex) − Σ ρ(fragment), e/Å³; None from codes without a density.
    profile : PlaneProfile or None
        Its plane average and cumulative integral.
    structure : Atoms
    """

    transfers: dict[str, dict[str, FragmentTransfer]]
    fragments: dict[str, list[int]]
    energies: dict[str, float]
    difference: GridDensity | None
    profile: PlaneProfile | None
    structure: Atoms

    @property
    def interaction_energy(self) -> float:
        """E(complex) − Σ E(fragment), eV, at frozen geometry."""
        return self.energies["complex"] - sum(self.energies[name] for name in self.fragments)

    @property
    def moved(self) -> float | None:
        """Electrons that Δρ moved: the integral of its positive part, e."""
        if self.difference is None:
            return None
        values = self.difference.values
        return float(values[values > 0].sum()) * self.difference.voxel

    @property
    def structures(self) -> dict[str, Atoms]:
        """The complex."""
        return {"complex": self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {
            f"electrons gained by {name}, {kind}": transfer.electrons_gained
            for name, found in self.transfers.items()
            for kind, transfer in found.items()
        }
        if self.moved is not None and self.difference is not None:
            values["electrons moved by Δρ"] = self.moved
            values["integral of Δρ (e)"] = self.difference.integral
        return {**values, "interaction energy (eV)": self.interaction_energy}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the densities themselves stay in the store."""
        return {
            "transfers": {
                name: {kind: t.to_dict() for kind, t in found.items()}
                for name, found in self.transfers.items()
            },
            "fragments": self.fragments,
            "energies": self.energies,
            "interaction_energy": self.interaction_energy,
            "difference_integral": None if self.difference is None else self.difference.integral,
            "electrons_moved": self.moved,
            "profile": None if self.profile is None else self.profile.to_dict(),
            "structure": structure_to_dict(self.structure),
        }

    def headline(self) -> str:
        """Return a line for each fragment."""
        lines = []
        q = self.quantities()
        for name, found in self.transfers.items():
            gained = ", ".join(f"{q[f'electrons gained by {name}, {k}']:+.3f} ({k})" for k in found)
            lines.append(f"{name} gained {gained} electrons")
        if self.difference is None:
            return "\n".join([*lines, _no_density()])
        net = f"{self.difference.integral:+.1e} e"
        return "\n".join(
            [*lines, f"Δρ moves {q['electrons moved by Δρ']:.3f} electrons, integral {net}"]
        )

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the drawings of this answer alone."""
        if self.difference is None:
            return {}
        return {
            f"transfer-profile-{name}": partial(self.plot, title=title),
            f"transfer-surfaces-{name}": partial(self.picture, title=title),
        }

    def references(self) -> tuple[Reference, ...]:
        """Return the terms of the interaction energy."""
        energy = self.energies
        parts = (
            (-1.0, f"{name}, alone as in the complex", energy[name]) for name in self.fragments
        )
        whole = (1.0, "complex", energy["complex"])
        return (difference("interaction energy", whole, *parts),)

    def _caption(self) -> str:
        parts = "".join(f" − ρ({name})" for name in self.fragments)
        text = f"Δρ = ρ(complex){parts}, geometry of the complex, {self.level}"
        return join_caption([text, flag_note(self.flags)])

    @formerly_saved("path", "title")
    def plot(
        self, *, title: str = "", axes: Sequence[Axes] | None = None, caption: str = ""
    ) -> Figure:
        """Draw the plane average of Δρ and its cumulative integral.

        Parameters
        ----------
        title : str
        axes : sequence of matplotlib Axes, optional
            Two, where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.

        Raises
        ------
        InputError
            The code gave no density.
        """
        from heterodot.analysis.charges.plot import plot_profile

        if self.profile is None or self.difference is None:
            raise InputError(_no_density())
        return plot_profile(
            self.profile,
            self.difference,
            self.fragments,
            axes=axes,
            title=self.marked(title),
            caption=join_caption([caption, self._caption()]),
        )

    @formerly_saved("path", "isovalue", "title")
    def picture(
        self,
        *,
        isovalue: float | None = None,
        title: str = "",
        ax: Axes | None = None,
        caption: str = "",
    ) -> Figure:
        """Draw the surfaces of ±Δρ round the atoms.

        Parameters
        ----------
        isovalue : float, optional
            e/Å³; chosen by the density unless given, and said in the caption.
        title : str
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.

        Raises
        ------
        InputError
            The code gave no density.
        """
        from heterodot.analysis.figures.isosurface import plot_isosurface

        if self.difference is None:
            raise InputError(_no_density())
        return plot_isosurface(
            self.difference,
            isovalue,
            ax=ax,
            focus=min(self.fragments.values(), key=len),
            title=self.marked(title),
            caption=join_caption([caption, self._caption()]),
        )


@renamed(complex="atoms")
@dataclass(frozen=True, eq=False)
class ChargeTransfer(Question):
    """Charge transfer between the fragments of a complex, at its frozen geometry.

    Δq = q(fragment in the complex) − q(fragment alone) by every partition the code gives, and
    where it gives densities Δρ on one grid: every part is calculated in the box of the complex.

    Parameters
    ----------
    atoms : Atoms
        The whole; nothing is relaxed but at a level that takes its geometries from another, where
        the whole is relaxed there first.
    level : Level
        Of a code that gives orbitals; of one that gives densities for Δρ, Bader and Hirshfeld.
    fragments : "adsorbate", "domain" or list of lists of int
        The recorded adsorbate and the rest; the values of the array ``domain``; or indices, every
        atom in one fragment.
    charges : list of int or None
        Total charge (e) of each fragment alone; zeros for a neutral complex.
    axis : {0, 1, 2} or None
        Cell vector along which Δρ is averaged. None for the direction in which the fragments face
        each other; where the structure is periodic, for the cell vector across it.
    refinement : int
        Grid points of the density for each of the code's own, along each direction.
    name : str
    """

    kind: ClassVar[str] = "charge_transfer"

    atoms: Atoms
    level: Level
    fragments: str | tuple[tuple[int, ...], ...] = "adsorbate"
    charges: tuple[int, ...] | None = None
    axis: int | None = None
    refinement: int = 2
    name: str = ""
    parts: Mapping[str, list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")
        parts = fragment_indices(self.atoms, self.fragments)
        object.__setattr__(self, "parts", parts)
        total = provenance.total_charge(self.atoms)
        if self.charges is None and total:
            raise InputError(
                f"charges = None for a complex of charge {total:+g}: expected the charge of each "
                f"fragment ({', '.join(parts)})"
            )
        charges = [0] * len(parts) if self.charges is None else list(self.charges)
        whole = all(map(is_whole, charges))
        if not whole or len(charges) != len(parts) or sum(charges) != total:
            raise InputError(
                f"charges {charges}: expected {len(parts)} integers that sum to {total:+g}"
            )
        object.__setattr__(self, "charges", tuple(charges))
        if isinstance(self.axis, bool) or self.axis not in (0, 1, 2, None):
            raise InputError(f"axis {self.axis!r}: expected 0, 1, 2 or None")

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + len(self.parts) + (self.level.geometry is not None)

    def run(self, runner: Runner) -> ChargeTransferResult:
        """Calculate the complex and every fragment in its box, and subtract."""
        atoms, flags = self._at_rest(runner)
        found = runner.gather(self._tasks(atoms))
        whole, alone = found[0], dict(zip(self.parts, found[1:], strict=True))
        states = states_named(self.level, whole.electronic_structure, atoms)
        flags += electronic_gates(states, atoms) + recovery_gate(whole.recovery, "complex")
        flags += place_gates(self.level, whole.fmax, FMAX, self.level.geometry is not None)
        if self.level.check(self.atoms).n_unpaired > 1 or provenance.has_moments(self.atoms):
            text = "the fragments alone are run at their lowest spins, the complex is not"
            flags += (Flag("spin-not-chosen", text),)
        if self.fragments == "adsorbate":
            flags += guess_gate(self.atoms)
        for name, one in alone.items():
            flags += recovery_gate(one.recovery, name)
        difference = self._difference(whole, alone)
        if difference is not None and abs(difference.integral) > UNBALANCED:
            text = f"Δρ integrates to {difference.integral:+.3f} e, expected 0"
            flags += (Flag("electron-count", text),)
        return ChargeTransferResult(
            level=self.level.label,
            flags=flags,
            caveats=states.caveats,
            transfers={
                name: _transfers(states, one.electronic_structure, self.parts[name])
                for name, one in alone.items()
            },
            fragments=dict(self.parts),
            energies={"complex": whole.energy, **{n: one.energy for n, one in alone.items()}},
            difference=difference,
            profile=None if difference is None else self._profile(difference),
            structure=atoms.copy(),
            energy_forces=states_forces(self.level, whole.fmax),
        )

    def _at_rest(self, runner: Runner) -> tuple[Atoms, tuple[Flag, ...]]:
        """Return the complex as given, or relaxed at the level geometries are taken from."""
        level = self.level.geometry_level
        if level is self.level:
            return self.atoms, ()
        label = f"{self.name} complex relax".strip()
        relaxed, flags = relax_judged(runner, self.atoms, level, FMAX, STEPS, label)
        return relaxed.structure, flags

    def _profile(self, difference: GridDensity) -> PlaneProfile:
        """Average Δρ along the asked vector, or along the axis between the fragments."""
        if self.axis is not None or self.atoms.pbc.any():
            free = np.flatnonzero(~self.atoms.pbc)
            across = int(free[0]) if len(free) == 1 else 2
            return difference.plane_average(across if self.axis is None else self.axis)
        smallest = min(self.parts.values(), key=len)
        zero, direction = facing(difference.positions, smallest)
        return difference.average_along(direction, zero)

    def _tasks(self, atoms: Atoms) -> Sequence[Task[DensityResult | OrbitalsResult]]:
        boxed = self.level.prepare(atoms)  # one box, one grid
        charges = self.charges or ()
        structures = {"complex": boxed}
        for (name, own), charge in zip(self.parts.items(), charges, strict=True):
            structures[name] = fragment_structure(boxed, own, charge)
        named = [(f"{self.name} {n}".strip(), one) for n, one in structures.items()]
        if self.level.can("density"):
            return [Density(a, self.level, self.refinement, label=n) for n, a in named]
        return [Orbitals(a, self.level, label=n) for n, a in named]

    def _difference(
        self, whole: DensityResult | OrbitalsResult, alone: Mapping[str, Any]
    ) -> GridDensity | None:
        if not isinstance(whole, DensityResult):
            return None
        return whole.density.minus(*(one.density for one in alone.values()))


def _transfers(
    states: ElectronicStructure, alone: ElectronicStructure, own: list[int]
) -> dict[str, FragmentTransfer]:
    common = [kind for kind in states.charges if kind in alone.charges]
    return {kind: charge_transfer(states, np.array(own), alone, kind) for kind in common}
