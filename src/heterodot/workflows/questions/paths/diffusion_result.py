"""What is known of a halide's diffusion: barriers, formation energies, D(T)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot.analysis.figures.style import join_caption
from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.data.flags import Marked, flag_note
from heterodot.data.movies import Movie
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.paths.result import ReactionPathResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    """

    halide: str
    paths: dict[str, ReactionPathResult]
    diffusivities: dict[str, Diffusivity]
    formation: tuple[Reference, ...]
    temperatures: tuple[float, ...]

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
        values: Values = {}
        for mechanism, path in self.paths.items():
            q = path.quantities()
            for name in ("barrier (eV)", "reverse barrier (eV)"):
                values[f"{mechanism}: {name}"] = q[name]
            found = self.diffusivities.get(mechanism)
            if found is None:
                continue
            values[f"{mechanism}: ν0 (THz)"] = Marked(found.attempt * 1e-12, path.flags)
            values[f"{mechanism}: D0 (cm²/s)"] = Marked(found.prefactor, path.flags)
            for kelvin in self.temperatures:
                name = f"{mechanism}: D {kelvin:g} K (cm²/s)"
                values[name] = Marked(found.at(kelvin), path.flags)
                members = found.of_members(kelvin)
                for what, chosen in (("lowest", min), ("highest", max)):
                    if members:
                        values[f"{name}, {what} member"] = Marked(
                            chosen(members.values()), path.flags
                        )
        for reference in self.formation:
            values[f"{reference.name} (eV)"] = reference.value
        return values

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what."""
        return self.formation

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "halide": self.halide,
            "paths": {name: path.to_dict() for name, path in self.paths.items()},
            "diffusivities": {name: d.to_dict() for name, d in self.diffusivities.items()},
            "temperatures": list(self.temperatures),
        }

    def headline(self) -> str:
        """Return a line for each mechanism."""
        q = self.quantities()
        lines = []
        for mechanism in self.paths:
            line = f"{self.halide} {mechanism}: barrier {q[f'{mechanism}: barrier (eV)']:.3f} eV"
            line += f", reverse {q[f'{mechanism}: reverse barrier (eV)']:.3f} eV"
            if mechanism in self.diffusivities:
                line += f", D0 {q[f'{mechanism}: D0 (cm²/s)']:.2e} cm²/s"
            lines.append(line)
        return "\n".join(lines)

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the paths, and D over 1/T where a mechanism has one."""
        found: dict[str, Drawing] = {f"paths-{name}": partial(self._paths, title)}
        if self.diffusivities:
            found[f"diffusivity-{name}"] = partial(self._arrhenius, title)
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
        span = (0.8 * min(self.temperatures), 1.25 * max(self.temperatures))
        return plot_arrhenius(marked, span, caption=text)


def diffusivity(
    path: ReactionPathResult, length: float, neighbours: int, correlation: float
) -> Diffusivity | None:
    """Return D of a jump from the lowest minimum on its path; None without vibrations.

    ν0 is that of the step that rises to the highest saddle.
    """
    step = path.steps[path.highest]
    if not step.forward.has_vibrations:
        return None
    levels = np.cumsum([0.0, *(float(s.forward.energy - s.backward.energy) for s in path.steps)])
    lowest = float(levels.min())
    enthalpy = path.barrier - lowest if lowest < 0 else path.barrier
    return Diffusivity(enthalpy, step.forward.attempt, length, neighbours, correlation)
