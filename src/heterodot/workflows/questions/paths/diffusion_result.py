"""What is known of a halide's diffusion: barriers, formation energies, D(T)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from ase import Atoms

from heterodot.analysis.figures.style import details, join_caption
from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.data.flags import Marked, flag_note
from heterodot.data.movies import Movie
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.parts.results import Drawing, Result, Values, notes
from heterodot.workflows.questions.paths.result import ReactionPathResult
from heterodot.workflows.questions.paths.shell_profile import ShellProgramme, carrier

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class SupercellSize:
    """How large a supercell is.

    Attributes
    ----------
    repeats : tuple of int
        Of the cell given.
    n_atoms : int
        Of the perfect crystal in it.
    images_apart : float
        From a defect to its nearest image, Å.
    """

    repeats: tuple[int, int, int]
    n_atoms: int
    images_apart: float

    @classmethod
    def of(cls, repeats: tuple[int, int, int], host: Atoms) -> Self:
        """Return the size of a crystal's supercell."""
        from ase.geometry import minkowski_reduce

        shortest = np.linalg.norm(minkowski_reduce(host.cell.array)[0], axis=1).min()
        return cls(repeats, len(host), float(shortest))

    def __str__(self) -> str:
        return " × ".join(map(str, self.repeats)) + f", {self.n_atoms} atoms"


@dataclass(frozen=True)
class HalideDiffusionResult(Result):
    """Barriers and diffusion coefficients of mechanisms.

    Attributes
    ----------
    halide : str
    paths : dict of str to ReactionPathResult
        By mechanism.
    diffusivities : dict of str to Diffusivity
        By mechanism, where its jump repeats.
    formation : tuple of Reference
        Formation energies.
    temperatures : tuple of float
        K, of the D that are listed.
    supercell : SupercellSize
    further : dict of str to dict of str to float
        Barriers (eV) by further supercell and mechanism.
    shells : ShellProgramme or None
        The dot whose concentration is asked for.
    formula : str
        Of the crystal.
    """

    halide: str
    paths: dict[str, ReactionPathResult]
    diffusivities: dict[str, Diffusivity]
    formation: tuple[Reference, ...]
    temperatures: tuple[float, ...]
    supercell: SupercellSize
    further: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    shells: ShellProgramme | None = None
    formula: str = ""

    @property
    def structures(self) -> dict[str, Atoms]:
        """Ends and saddles of every mechanism."""
        return {
            f"{mechanism}-{state}": atoms
            for mechanism, path in self.paths.items()
            for state, atoms in path.structures.items()
            if not state.startswith("image")
        }

    @property
    def movies(self) -> dict[str, Movie]:
        """The images of every mechanism."""
        return {name: path.movies["path"] for name, path in self.paths.items()}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {
            "supercell": Marked(str(self.supercell)),
            "nearest image of a defect (Å)": Marked(self.supercell.images_apart),
        }
        for mechanism, path in self.paths.items():
            q = path.quantities()
            for name in ("barrier (eV)", "reverse barrier (eV)"):
                values[f"{mechanism}: {name}"] = q[name]
            for cell, barriers in self.further.items():
                if mechanism in barriers:
                    values[f"{mechanism}: barrier in {cell} (eV)"] = barriers[mechanism]
            values |= self._of_mechanism(mechanism)
        values |= self._of_dot()
        for reference in self.formation:
            values[f"{reference.name} (eV)"] = reference.value
        return values

    def _of_mechanism(self, mechanism: str) -> Values:
        """Return what D is made of, each factor, and D."""
        one = self.diffusivities.get(mechanism)
        if one is None:
            return {}
        flags = self.paths[mechanism].flags
        found: dict[str, float] = {"ΔH (eV)": one.enthalpy}
        if one.entropy:
            found |= {"ν along the path (THz)": one.attempt * 1e-12, "ΔS/k": one.entropy_in_k}
        found |= {
            "ν0 (THz)": one.vineyard * 1e-12,
            "a (Å)": one.jump,
            "g": one.geometry,
            "f": one.correlation,
            "D0 (cm²/s)": one.prefactor,
        }
        for kelvin in self.temperatures:
            found[f"D {kelvin:g} K (cm²/s)"] = one.at(kelvin)
            members = one.of_members(kelvin)
            for what, chosen in (("lowest", min), ("highest", max)):
                if members:
                    found[f"D {kelvin:g} K (cm²/s), {what} member"] = chosen(members.values())
        return {f"{mechanism}: {name}": Marked(value, flags) for name, value in found.items()}

    def _of_dot(self) -> Values:
        """Return after how long a dot of this crystal alone is half full."""
        known = {self.formula: self.diffusivities}
        if self.shells is None or not self.shells.is_known(known):
            return {}
        by = carrier(self.diffusivities) or ""
        flags = self.paths[by].flags
        asked = {"": self.shells.half_filled(known)}
        members = self.diffusivities[by].of_members(self.temperatures[0])
        for member in members:
            asked[f", {member}"] = self.shells.half_filled(known, member)
        beside = ", a vacancy beside each halide" if by == "vacancy" else ""
        return {
            f"dot half full{beside} (s){which}": Marked(
                "not in the programme" if t is None else t, flags
            )
            for which, t in asked.items()
        }

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what."""
        return self.formation

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "halide": self.halide,
            "crystal": self.formula,
            "paths": {name: path.to_dict() for name, path in self.paths.items()},
            "diffusivities": {name: d.to_dict() for name, d in self.diffusivities.items()},
            "temperatures": list(self.temperatures),
            "supercell": {
                "repeats": list(self.supercell.repeats),
                "n_atoms": self.supercell.n_atoms,
                "images_apart": self.supercell.images_apart,
            },
            "further": {
                cell: {name: float(e) for name, e in barriers.items()}
                for cell, barriers in self.further.items()
            },
            "shells": None if self.shells is None else self.shells.to_dict(),
        }

    def headline(self) -> str:
        """Return a line for each mechanism."""
        q = self.quantities()
        lines = []
        for mechanism in self.paths:
            line = f"{self.halide} {mechanism}: barrier {q[f'{mechanism}: barrier (eV)']:.3f} eV"
            line += f", reverse {q[f'{mechanism}: reverse barrier (eV)']:.3f} eV"
            if mechanism in self.diffusivities:
                hottest = f"D {max(self.temperatures):g} K (cm²/s)"
                line += f", D0 {q[f'{mechanism}: D0 (cm²/s)']:.2e} cm²/s"
                line += f", {hottest.partition(' (')[0]} {q[f'{mechanism}: {hottest}']:.1e} cm²/s"
            lines.append(line)
        return "\n".join(lines) or f"{self.halide}: no path between two minima"

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the paths, D over 1/T, and the concentration through a dot of this crystal."""
        found: dict[str, Drawing] = {}
        if self.paths:
            found[f"paths-{name}"] = partial(self._paths, title)
        if self.diffusivities:
            found[f"diffusivity-{name}"] = partial(self._arrhenius, title)
        if self.shells is not None and self.shells.is_known({self.formula: self.diffusivities}):
            found[f"concentration-{name}"] = partial(_concentration, {title: self})
        return found

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return D of all crystals together, and the concentration through a dot made of them."""
        found: dict[str, Drawing] = {}
        if sum(bool(answer.diffusivities) for answer in answers.values()) > 1:
            found["diffusivity"] = partial(_together, answers)
        known = {a.formula: a.diffusivities for a in answers.values()}
        shells = next((a.shells for a in answers.values() if a.shells is not None), None)
        if shells is not None and len(shells.radii) > 1 and shells.is_known(known):
            found["concentration"] = partial(_concentration, answers)
        return found

    def _paths(self, title: str) -> Figure:
        from heterodot.analysis.motion.rates.plot import plot_path

        text = join_caption([title, self.level, flag_note(self.flags)])
        profiles = {path.marked(name): path.profiles for name, path in self.paths.items()}
        return plot_path(profiles, caption=text)

    def _arrhenius(self, title: str) -> Figure:
        from heterodot.analysis.motion.rates.plot import plot_arrhenius

        text = join_caption([title, self.level, flag_note(self.flags)])
        marked = {self.paths[name].marked(name): d for name, d in self.diffusivities.items()}
        return plot_arrhenius(marked, self.span, caption=text)

    @property
    def span(self) -> tuple[float, float]:
        """Temperatures that D is drawn over, K."""
        return 0.8 * min(self.temperatures), 1.25 * max(self.temperatures)


def _together(answers: Mapping[str, HalideDiffusionResult]) -> Figure:
    from heterodot.analysis.motion.rates.plot import plot_arrhenius

    lines, spans = {}, []
    for label, answer in answers.items():
        for name, one in answer.diffusivities.items():
            lines[answer.paths[name].marked(f"{label}, {name}")] = one
        spans.append(answer.span)
    levels = {answer.level: None for answer in answers.values()}
    span = (min(low for low, _ in spans), max(high for _, high in spans))
    return plot_arrhenius(lines, span, caption=join_caption([*levels, notes(answers)]))


def _concentration(answers: Mapping[str, HalideDiffusionResult]) -> Figure:
    from heterodot.analysis.motion.rates.plot import plot_concentration

    first = next(a for a in answers.values() if a.shells is not None)
    shells, known = first.shells, {a.formula: a.diffusivities for a in answers.values()}
    assert shells is not None  # noqa: S101 - chosen so
    by = {carrier(known[name]) for name in shells.radii}
    levels = {answer.level: None for answer in answers.values()}
    said = f"{first.halide} by the {' and '.join(sorted(map(str, by)))} mechanism"
    if "vacancy" in by:
        said += ", a vacancy beside each halide (times are over the share of those that have one)"
    more = details("share of what the surface is held at; no trapping, no segregation at shells")
    text = join_caption([said, *levels, notes(answers), more])
    return plot_concentration(
        shells.profile(known), shells.radii, shells.programme, shells.measured, caption=text
    )
