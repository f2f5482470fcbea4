"""d-band centres of a structure's metals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag, projected_dos
from heterodot.analysis.bands.centre import BandMoments, band_moments
from heterodot.analysis.bands.selection import angular_momentum
from heterodot.calculators import Level
from heterodot.data.electronic_structure import PROJECTION_KINDS
from heterodot.data.flags import Marked, unique_flags
from heterodot.deprecation import renamed
from heterodot.errors import InputError
from heterodot.workflows.parts.candidates import prepare_site
from heterodot.workflows.parts.gates import electronic_gates, recovery_gate
from heterodot.workflows.parts.minima import check_relaxed, states_forces, states_named
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import place_gates, relax_clean
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.results import OrbitalsResult
from heterodot.workflows.tasks.tasks import Orbitals

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis import DensityOfStates

_REFERENCES = ("fermi", "vbm")


@dataclass(frozen=True)
class DBandCentreResult(Result):
    """Moments of the band of each element, and the electronic structure they were read from.

    Attributes
    ----------
    moments : dict of str to BandMoments
        By element; elements without such an orbital at this level are missing, and flagged.
    electronic_structure : ElectronicStructure
    structure : Atoms
    energy : float
        eV.
    """

    moments: dict[str, BandMoments]
    electronic_structure: ElectronicStructure
    structure: Atoms
    energy: float

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure the states are of."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {}
        shared = self._shared_flags()
        for moments in self.marked_moments():
            own, safe = moments.flags, moments.flags_against("vbm")
            name, window = moments.label, ""
            if moments.windowed:
                window = f" in {moments.window[0]:g}…{moments.window[1]:g} eV"
            fermi, vbm = moments.relative_to("fermi"), moments.relative_to("vbm")
            centre = f"{name} centre{window}"
            values[f"{centre}, occupied − E_F (eV)"] = Marked(fermi.centre_occupied, own)
            values[f"{centre}, occupied − VBM (eV)"] = Marked(vbm.centre_occupied, safe)
            values[f"{centre}, all states − E_F (eV)"] = Marked(fermi.centre_all, own)
            values[f"{name} width (eV)"] = Marked(moments.width, safe)
            values[f"{name} skewness"] = Marked(moments.skewness, safe)
            values[f"{name} upper edge − E_F (eV)"] = Marked(fermi.upper_edge, own)
            values[f"{name} filling"] = Marked(moments.filling, safe)
        values["gap (eV)"] = Marked(self.electronic_structure.gap, shared)
        values["E (eV)"] = Marked(self.energy, shared)
        return values

    def _shared_flags(self) -> tuple[Flag, ...]:
        """Return the flags of the structure and its states, without those of one band."""
        own = {f for element, m in self.moments.items() for f in _named(element, m.flags)}
        return tuple(f for f in self.flags if f not in own and f.name != "no-band")

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the states themselves stay in the store."""
        states = self.electronic_structure
        return {
            "moments": {element: m.to_dict() for element, m in self.moments.items()},
            "gap": states.gap,
            "fermi_level": states.fermi_levels.tolist(),
            "homo": states.homo,
            "lumo": states.lumo if np.isfinite(states.lumo) else None,
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
        }

    def densities(self) -> list[DensityOfStates]:
        """Return the projected density of states that each band's moments were taken of."""
        return [
            projected_dos(
                self.electronic_structure,
                element=element,
                l=2 if band.label.endswith(" d") else band.label.split()[-1],
                kind=band.kind,
            )
            for element, band in self.moments.items()
        ]

    def marked_moments(self) -> list[BandMoments]:
        """Return the moments, each with the flags of structure and states beside its own."""
        shared = self._shared_flags()
        return [replace(m, flags=unique_flags([*shared, *m.flags])) for m in self.moments.values()]

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the projected densities of all, with the centres of the bands."""
        return {"pdos": partial(_densities, answers)}

    def plot(self, title: str = "", *, ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw the densities of the bands with their centres marked.

        Parameters
        ----------
        title : str
            The formula of the structure unless given.
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.

        Raises
        ------
        InputError
            No element has such an orbital at this level.
        """
        from heterodot.analysis import plot_pdos

        if not self.moments:
            raise InputError("no element has such a band at this level: nothing to draw")
        name = title or self.structure.get_chemical_formula()
        densities, moments = {name: self.densities()}, {name: self.marked_moments()}
        axes = None if ax is None else [ax]
        return plot_pdos(densities, moments, axes=axes, caption=caption)

    def headline(self) -> str:
        """Return the moments in words."""
        return "\n".join(moments.statement() for moments in self.marked_moments())


def _densities(answers: Mapping[str, DBandCentreResult]) -> Figure:
    from heterodot.analysis import plot_pdos

    found = {label: answer for label, answer in answers.items() if answer.moments}
    return plot_pdos(
        {label: answer.densities() for label, answer in found.items()},
        {label: answer.marked_moments() for label, answer in found.items()},
    )


@renamed(kind="projection")
@dataclass(frozen=True, eq=False)
class DBandCentre(Question):
    """Centre, width, filling and edge of the d band of each element.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of a code that gives orbitals.
    elements : tuple of str
        Whose band.
    l : int
        Angular momentum; 2 for d.
    window : tuple of float or None
        (low, high) in eV relative to ``reference``; None for all states.
    occupied_only : bool
        Count occupied states only.
    reference : {"fermi", "vbm"}
        The Fermi level of a system with a gap is arbitrary within it; the summary gives both.
    projection : {"Mulliken", "Löwdin", "PAW"} or None
        None for the first the code has.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``steps`` geometries at most).
    site : int or None
        Centre of ``free_radius``.
    free_radius : float or None
        Å around the site, and the defects that belong to it, within which atoms move; None for
        all. With the same radius as a
        :class:`CO2Reduction` both rest on the same relaxed structure, relaxed once.
    name : str
    """

    kind: ClassVar[str] = "d_band_centre"
    former_keys: ClassVar[Mapping[str, str]] = {"kind": "projection"}

    atoms: Atoms
    level: Level
    elements: tuple[str, ...] = ("Cu",)
    l: int = 2  # noqa: E741 - the field's name for it
    window: tuple[float, float] | None = None
    occupied_only: bool = True
    reference: str = "fermi"
    projection: str | None = None
    relax: bool = True
    fmax: float = 0.05
    steps: int = 300
    site: int | None = None
    free_radius: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")
        check_relaxed(self.level, self.relax)
        if self.free_radius is not None and self.site is None:
            raise InputError(f"free_radius {self.free_radius} Å without a site: give the site too")
        if self.reference not in _REFERENCES:
            expected = " or ".join(repr(r) for r in _REFERENCES)
            raise InputError(f"reference {self.reference!r}: expected {expected}")
        if self.projection is not None and self.projection not in PROJECTION_KINDS:
            raise InputError(f"projection {self.projection!r}: expected one of {PROJECTION_KINDS}")
        angular_momentum(self.l)
        missing = [e for e in self.elements if e not in self.atoms.symbols]
        if missing:
            raise InputError(
                f"elements {missing}: expected elements of {self.atoms.get_chemical_formula()}"
            )

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 2 if self.relax else 1

    def run(self, runner: Runner) -> DBandCentreResult:
        """Relax, take the orbitals, read the moments."""
        atoms = self.atoms
        flags: tuple[Flag, ...] = ()
        if self.relax:
            if self.free_radius is not None and self.site is not None:
                atoms = prepare_site(atoms, self.site, self.free_radius)
            relaxed, flags = relax_clean(
                runner, atoms, self.level.geometry_level, self.fmax, self.steps, self.name
            )
            atoms = relaxed.structure
        result: OrbitalsResult = runner.run(
            Orbitals(atoms, self.level, label=f"{self.name} orbitals")
        )
        states = states_named(self.level, result.electronic_structure, atoms)
        flags += electronic_gates(states, atoms) + recovery_gate(result.recovery, "orbitals")
        flags += place_gates(self.level, result.fmax, self.fmax, self.relax)
        moments = {}
        for element in self.elements:
            try:
                moments[element] = self._moments(states, element)
            except InputError as error:
                flags += (Flag("no-band", str(error)),)
        flags += tuple(f for element, m in moments.items() for f in _named(element, m.flags))
        return DBandCentreResult(
            level=self.level.label,
            flags=tuple(dict.fromkeys(flags)),
            caveats=states.caveats,
            moments=moments,
            electronic_structure=states,
            structure=atoms,
            energy=result.energy,
            energy_forces=states_forces(self.level, result.fmax),
        )

    def _moments(self, states: ElectronicStructure, element: str) -> BandMoments:
        return band_moments(
            states,
            element=element,
            l=self.l,
            window=self.window,
            occupied_only=self.occupied_only,
            reference=self.reference,
            kind=self.projection,
        )


def _named(element: str, flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Return the flags of an element's band with the element in their sentences."""
    return tuple(Flag(flag.name, f"{element}: {flag.message}") for flag in flags)
