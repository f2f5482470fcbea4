"""A reaction path's answer: images, saddles, barriers both ways and rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.figures.style import join_caption
from heterodot.analysis.motion.rates.harmonic import Barrier
from heterodot.analysis.motion.rates.profile import PathProfile, path_profile
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.data.flags import Marked, flag_note, unique_flags
from heterodot.data.movies import Movie
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Drawing, Result, Values, notes
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TERAHERTZ = 1e-12


@dataclass(frozen=True)
class Band:
    """A relaxed band.

    Attributes
    ----------
    images : tuple of Atoms
        Both ends included.
    energies : tuple of float
        eV; of a committee each knows its members.
    forces : tuple of (a, 3) float array
        eV/Å, unconstrained.
    residual : float
        Largest force left, eV/Å: of the band; of one that was learnt, on its highest image.
    saddle : int
        The highest image.
    has_climbed : bool
        Whether the highest image has climbed: it lies above both ends.
    """

    images: tuple[Atoms, ...]
    energies: tuple[float, ...]
    forces: tuple[np.ndarray, ...]
    residual: float
    saddle: int
    has_climbed: bool


@dataclass(frozen=True)
class PathPiece:
    """One barrier of a path: from a minimum over a saddle to the next minimum.

    Attributes
    ----------
    band : Band
    forward, backward : Barrier
    imaginary : float or None
        Frequency of the saddle's imaginary mode, cm⁻¹, negative; None where it was not asked for.
    flags : tuple of Flag
        Of this step.
    """

    band: Band
    forward: Barrier
    backward: Barrier
    imaginary: float | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def saddle(self) -> Atoms:
        """The highest image."""
        return self.band.images[self.band.saddle]

    @property
    def profile(self) -> PathProfile:
        """The energy along the step."""
        return path_profile(self.band.images, self.band.energies, self.band.forces)

    def values(self, before: str, temperature: float) -> Values:
        """Return the numbers, ``before`` each name; those of vibrations where they are known."""
        shown: Values = {
            f"{before}barrier (eV)": self.forward.energy,
            f"{before}reverse barrier (eV)": self.backward.energy,
            f"{before}ΔE (eV)": self.forward.energy - self.backward.energy,
        }
        if self.imaginary:
            shown[f"{before}imaginary mode (cm⁻¹)"] = self.imaginary
        ways = (("", self.forward), ("reverse ", self.backward))
        for way, one in ways:
            if not one.has_vibrations:
                continue
            at = f"{temperature:g} K"
            shown[f"{before}{way}barrier with ZPE (eV)"] = one.with_zero_point
            shown[f"{before}{way}ΔF‡ {at} (eV)"] = one.free_energy(temperature)
            shown[f"{before}{way}ν0 (THz)"] = one.attempt * TERAHERTZ
            shown[f"{before}{way}k Vineyard {at} (1/s)"] = one.vineyard(temperature)
            shown[f"{before}{way}k Eyring {at} (1/s)"] = one.eyring(temperature)
        flags = unique_flags(self.flags)
        return {name: Marked(_number(value), flags) for name, value in shown.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "energies": [float(e) for e in self.band.energies],
            "profile": self.profile.to_dict(),
            "residual": self.band.residual,
            "saddle": self.band.saddle,
            "imaginary": self.imaginary,
            "forward": self.forward.to_dict(),
            "backward": self.backward.to_dict(),
            "flags": [flag.to_dict() for flag in self.flags],
            "images": [structure_to_dict(image) for image in self.band.images],
        }


def _number(value: Any) -> Any:
    return value.value if isinstance(value, Marked) else value


@dataclass(frozen=True)
class ReactionPathResult(Result):
    """A path between two minima.

    Attributes
    ----------
    steps : tuple of PathPiece
        In order; more than one where the path goes through further minima.
    temperature : float
        K, of free energies and rates.
    calls : int
        Images whose energy and forces the level was asked for, both ends among them.
    led : str
        How the band was relaxed.
    """

    steps: tuple[PathPiece, ...]
    temperature: float = STANDARD_TEMPERATURE
    calls: int = 0
    led: str = ""

    @property
    def structures(self) -> dict[str, Atoms]:
        """Every image in order, by its number, so that the path can be played."""
        found, at = {}, 0
        for n, step in enumerate(self.steps):
            for k, image in enumerate(step.band.images):
                if n and k == 0:
                    continue  # the minimum that ended the step before
                found[self._named(n, k, at)] = image
                at += 1
        return found

    def _named(self, n: int, k: int, at: int) -> str:
        step = self.steps[n]
        last = len(step.band.images) - 1
        if k == 0:
            return "start"
        if k == last:
            return "end" if n == len(self.steps) - 1 else f"minimum-{n + 1}"
        if k == step.band.saddle and step.band.has_climbed:
            return "saddle" if len(self.steps) == 1 else f"saddle-{n + 1}"
        return f"image-{at:02d}"

    @property
    def movies(self) -> dict[str, Movie]:
        """The images in order, each with its energy above the start."""
        frames: list[Atoms] = []
        captions: list[str] = []
        for n, step in enumerate(self.steps):
            for k, image in enumerate(step.band.images):
                if n and k == 0:
                    continue  # the minimum that ended the step before
                energy = self._base(n) + step.profile.energies[k]
                captions.append(f"image {len(frames)}, {energy:+.3f} eV")
                frames.append(image)
        return {"path": Movie(frames, captions, swings=True)}

    @property
    def profiles(self) -> list[PathProfile]:
        """The energy along each step."""
        return [step.profile for step in self.steps]

    @property
    def highest(self) -> int:
        """Which step's saddle is the highest."""
        tops = [e.energy + self._base(n) for n, e in enumerate(s.forward for s in self.steps)]
        return tops.index(max(tops))

    def _base(self, n: int) -> float:
        return sum(s.forward.energy - s.backward.energy for s in self.steps[:n])

    @property
    def barrier(self) -> float:
        """From the start to the highest saddle, eV."""
        return self._base(self.highest) + self.steps[self.highest].forward.energy

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        if len(self.steps) == 1:
            values = self.steps[0].values("", self.temperature)
        else:
            whole = sum(s.forward.energy - s.backward.energy for s in self.steps)
            values = {
                "barrier (eV)": self.barrier,
                "reverse barrier (eV)": self.barrier - whole,
                "ΔE (eV)": whole,
            }
            for n, step in enumerate(self.steps, 1):
                values |= step.values(f"step {n}: ", self.temperature)
        return {**values, "images calculated": Marked(self.calls)}

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what."""
        found = []
        for n, step in enumerate(self.steps, 1):
            before = f"step {n}: " if len(self.steps) > 1 else ""
            top = (1.0, "E(saddle)", step.band.energies[step.band.saddle])
            for name, end in (("barrier", 0), ("reverse barrier", -1)):
                what = "E(start of the step)" if end == 0 else "E(end of the step)"
                found.append(
                    difference(f"{before}{name}", top, (-1.0, what, step.band.energies[end]))
                )
        return tuple(found)

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "steps": [step.to_dict() for step in self.steps],
            "temperature": self.temperature,
            "calls": self.calls,
            "led": self.led,
        }

    def headline(self) -> str:
        """Return the barriers, and the rates where the vibrations are known."""
        q = self.quantities()
        said = (
            f"barrier {q['barrier (eV)']:.3f} eV, reverse {q['reverse barrier (eV)']:.3f} eV, "
            f"ΔE {q['ΔE (eV)']:+.3f} eV"
        )
        if len(self.steps) > 1:
            said += f" in {len(self.steps)} steps"
        lines = [said]
        for n, step in enumerate(self.steps, 1):
            before = f"step {n}: " if len(self.steps) > 1 else ""
            if step.forward.has_vibrations:
                at = f"{self.temperature:g} K"
                lines.append(
                    f"{before}ν0 {q[f'{before}ν0 (THz)']:.2f} THz, ΔF‡ "
                    f"{q[f'{before}ΔF‡ {at} (eV)']:.3f} eV, k at {at} "
                    f"{q[f'{before}k Vineyard {at} (1/s)']:.2e} (Vineyard), "
                    f"{q[f'{before}k Eyring {at} (1/s)']:.2e} (Eyring) 1/s"
                )
        lines.append(f"{self.calls} images calculated; {self.led}")
        return "\n".join(lines)

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the energy along the path."""
        return {f"path-{name}": partial(self.plot, title)}

    def plot(self, title: str = "", *, ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw the energy along the path."""
        from heterodot.analysis.motion.rates.plot import plot_path

        text = join_caption([caption, self.level, flag_note(self.flags)])
        return plot_path({self.marked(title or "path"): self.profiles}, ax=ax, caption=text)

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the paths of all systems in one figure."""
        return {"paths": partial(_together, answers)} if len(answers) > 1 else {}


def _together(answers: Mapping[str, ReactionPathResult]) -> Figure:
    from heterodot.analysis.motion.rates.plot import plot_path

    profiles = {answer.marked(label): answer.profiles for label, answer in answers.items()}
    return plot_path(profiles, caption=notes(answers))
