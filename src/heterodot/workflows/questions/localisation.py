"""The electron localisation function: a task that keeps it, and the question with its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.adsorbate import find_adsorbate, why_none
from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.figures.canvas import formerly_saved
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level
from heterodot.checks import is_whole
from heterodot.data.flags import flag_note
from heterodot.data.localisation import LocalisationFunction
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import guess_gate, recovery_gate
from heterodot.workflows.parts.minima import states_forces
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import place_gates, relax_judged
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.localisation import Localisation, LocalisationResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ISOVALUE = 0.8
"""Of the surfaces drawn: round bonds and lone pairs. As usual in the literature (A. Savin, R.
Nesper, S. Wengert, T. F. Fässler, Angew. Chem. Int. Ed. 36, 1808 (1997)); an argument of the
picture."""

NEAR = 1.6
"""Å: surfaces are drawn up to this far from the atoms in focus. Chosen by eye; no number depends on
it."""


@dataclass(frozen=True)
class ElectronLocalisationResult(Result):
    """The ELF of a structure, looked at round some of its atoms.

    Attributes
    ----------
    localisation : LocalisationFunction
    structure : Atoms
    focus : tuple of int
        The atoms in focus.
    contacts : list of dict
        For each atom in focus its nearest atom outside: ``atom``, ``other`` (indices),
        ``distance`` (Å) and ``elf``, the smallest value between them outside 0.35 of the way from
        each: near 0 for ions and molecules that only touch, above ½ in a covalent bond.
    energy : float
        eV.
    """

    localisation: LocalisationFunction
    structure: Atoms
    focus: tuple[int, ...]
    contacts: list[dict[str, Any]]
    energy: float

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure the function is of."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {}
        symbols = self.structure.get_chemical_symbols()
        for contact in self.contacts:
            i, j = contact["atom"], contact["other"]
            pair = f"{symbols[i]}{i} to {symbols[j]}{j}"
            values[f"{pair} (Å)"] = contact["distance"]
            values[f"ELF between {pair}"] = contact["elf"]
        return {**values, "E (eV)": self.energy}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the function itself stays in the store."""
        return {
            "focus": list(self.focus),
            "contacts": self.contacts,
            "energy": self.energy,
            "structure": structure_to_dict(self.structure),
        }

    def headline(self) -> str:
        """Return a line for each atom in focus."""
        q, symbols = self.quantities(), self.structure.get_chemical_symbols()
        lines = [self.localisation.summary()]
        for contact in self.contacts:
            i, j = contact["atom"], contact["other"]
            pair = f"{symbols[i]}{i} to {symbols[j]}{j}"
            elf, distance = q[f"ELF between {pair}"], q[f"{pair} (Å)"]
            lines.append(f"{pair}, {distance:.2f} Å: ELF {elf:.2f} between them")
        return "\n".join(lines)

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the drawings of this answer alone."""
        return {
            f"elf-slice-{name}": partial(self.plot, title=title),
            f"elf-surfaces-{name}": partial(self.picture, title=title),
        }

    def _caption(self) -> str:
        return join_caption([f"ELF {self.localisation.kind}; {self.level}", flag_note(self.flags)])

    @formerly_saved("path", "title")
    def plot(self, *, title: str = "", ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw the slice through the atoms in focus.

        Parameters
        ----------
        title : str
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.
        """
        from heterodot.analysis.figures.slice import plot_slice

        text = join_caption([caption, "Lines at 0.5 and 0.8", self._caption()])
        return plot_slice(
            self.localisation, self._plane(), ax=ax, title=self.marked(title), caption=text
        )

    def _plane(self) -> list[int]:
        """Atoms of the slice: those in focus, and the one that is nearest to them."""
        if not self.contacts:
            return list(self.focus)
        return [*self.focus, min(self.contacts, key=lambda c: c["distance"])["other"]]

    @formerly_saved("path", "isovalue", "title")
    def picture(
        self,
        *,
        isovalue: float = ISOVALUE,
        title: str = "",
        ax: Axes | None = None,
        caption: str = "",
    ) -> Figure:
        """Draw the surface of one value round the atoms in focus.

        Parameters
        ----------
        isovalue : float
            0…1.
        title : str
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.
        """
        from heterodot.analysis.figures.isosurface import plot_isosurface

        near = self.localisation.near(self.focus, NEAR)
        within = f"Drawn within {NEAR:g} Å of the atoms in focus."
        return plot_isosurface(
            near,
            isovalue,
            ax=ax,
            focus=self.focus,
            title=self.marked(title),
            caption=join_caption([caption, within, self._caption()]),
        )


@dataclass(frozen=True, eq=False)
class ElectronLocalisation(Question):
    """Electron localisation function, with a slice and a surface round some atoms.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of a code that gives the function (gpaw).
    focus : "adsorbate" or sequence of int
        What the pictures show: the recorded adsorbate, or atoms by index.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``steps`` geometries at most); always done at a level that
        takes its geometries from another.
    name : str
    """

    kind: ClassVar[str] = "electron_localisation"

    atoms: Atoms
    level: Level
    focus: str | tuple[int, ...] = "adsorbate"
    relax: bool = False
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("localisation")
        object.__setattr__(self, "focus", self._focus())

    def _focus(self) -> tuple[int, ...]:
        if self.focus == "adsorbate":
            record = find_adsorbate(self.atoms)
            if record is None:
                raise InputError(f"focus 'adsorbate': {why_none(self.atoms)}; name atoms by index")
            return tuple(record["indices"])
        n = len(self.atoms)
        given = () if isinstance(self.focus, str) else tuple(self.focus)
        whole = all(map(is_whole, given))
        if not given or not whole or not all(-n <= i < n for i in given):
            raise InputError(
                f"focus {self.focus!r}: expected 'adsorbate' or indices of atoms, 0…{n - 1}"
            )
        return tuple(dict.fromkeys(int(i) % n for i in given))

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + (self.relax or self.level.geometry is not None)

    def run(self, runner: Runner) -> ElectronLocalisationResult:
        """Relax where asked for, and take the function."""
        atoms, flags = self.atoms, tuple[Flag, ...]()
        relax, label = self.relax or self.level.geometry is not None, f"{self.name} relax"
        if relax:
            level = self.level.geometry_level
            relaxed, flags = relax_judged(runner, atoms, level, self.fmax, self.steps, label)
            atoms = relaxed.structure
        task = Localisation(atoms, self.level, label=f"{self.name} ELF".strip())
        found: LocalisationResult = runner.run(task)
        flags += recovery_gate(found.recovery, "ELF")
        flags += place_gates(self.level, found.fmax, self.fmax, relax)
        focus = tuple(int(i) for i in self.focus)
        record = find_adsorbate(self.atoms)
        if record is not None and focus == tuple(record["indices"]):
            flags = unique_flags(guess_gate(self.atoms) + flags)
        return ElectronLocalisationResult(
            level=self.level.label,
            flags=flags,
            caveats=self.level.caveats(atoms),
            localisation=found.localisation,
            structure=atoms.copy(),
            focus=focus,
            contacts=_contacts(found.localisation, atoms, focus),
            energy=found.energy,
            energy_forces=states_forces(self.level, found.fmax),
        )


def _contacts(
    found: LocalisationFunction, atoms: Atoms, focus: tuple[int, ...]
) -> list[dict[str, Any]]:
    """Find the nearest atom outside of each in focus, and the smallest ELF between the two."""
    others = [j for j in range(len(atoms)) if j not in focus]
    contacts = []
    for i in focus if others else ():
        distances = atoms.get_distances(i, others, mic=True)
        j = others[int(distances.argmin())]
        step = atoms.get_distance(i, j, mic=True, vector=True)
        start = found.positions[i]
        line = found.sample(start + np.linspace(0.35, 0.65, 61)[:, None] * step)
        contacts.append(
            {
                "atom": i,
                "other": j,
                "distance": float(distances.min()),
                "elf": float(line.min()),
            }
        )
    return contacts
