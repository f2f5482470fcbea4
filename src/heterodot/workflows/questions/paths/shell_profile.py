"""How a halide's concentration goes through a dot, from what its diffusion in each shell is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.analysis.motion.rates.fick import ConcentrationProfile, ShellLayer, fick_sphere
from heterodot.checks import is_number
from heterodot.errors import InputError

FILLINGS = (0.05, 0.2, 0.5, 0.8, 0.95)
"""Shares of a full dot at which its profile is drawn where no times are given."""

DECADES = 14
"""Before the end of a programme, looked through for these."""

CARRIERS = ("interstitial", "vacancy")
"""Mechanisms that may carry a halide through; the first that is known is taken."""


def carrier(diffusivities: Mapping[str, Diffusivity]) -> str | None:
    """Return the mechanism whose D is taken through the shells; None without any."""
    return next((name for name in CARRIERS if name in diffusivities), None)


@dataclass(frozen=True)
class ShellProgramme:
    """A dot, and what it goes through.

    Attributes
    ----------
    radii : dict of str to float
        Outer radius (nm) of core and shells by formula, from the core outwards.
    programme : tuple of (seconds, kelvin)
    times : tuple of float
        s; empty to spread them over the filling.
    measured : tuple of (radius, share)
        nm, and shares of what is at the surface.
    """

    radii: Mapping[str, float]
    programme: tuple[tuple[float, float], ...]
    times: tuple[float, ...] = ()
    measured: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(
        cls,
        formula: str,
        radii: Mapping[str, float],
        programme: Sequence[Sequence[float]],
        times: Sequence[float],
        measured: str,
        hottest: float,
    ) -> Self | None:
        """Return the dot as a question gives it; None where it gives none.

        Raises
        ------
        InputError
            Nothing of it can be used, or the crystal (its formula) is no part of the dot.
        """
        from ase.formula import Formula

        if not radii:
            if programme or times or measured:
                raise InputError(
                    "programme, times and measured belong to a dot: give dot, such as {ZnS: 3.0}, "
                    "outer radii in nm"
                )
            return None
        plain = {Formula(str(name)).format("metal"): r for name, r in radii.items()}
        if Formula(formula).format("metal") not in plain:
            raise InputError(f"dot {dict(radii)}: {formula} is not among it")
        steps = [0.0, *plain.values()]
        if not all(map(is_number, steps)) or any(np.diff(steps) <= 0):
            raise InputError(f"dot {dict(radii)}: expected outer radii in nm that rise outwards")
        pairs = tuple((float(t), float(kelvin)) for t, kelvin in programme) or ((0.0, hottest),)
        if any(np.diff([t for t, _ in pairs]) <= 0) or min(kelvin for _, kelvin in pairs) <= 0:
            raise InputError(f"programme {pairs}: expected [s, K], seconds rising, kelvin above 0")
        if any(np.diff([0.0, *times]) <= 0):
            raise InputError(f"times {tuple(times)}: expected rising, above 0 s")
        return cls(plain, pairs, tuple(map(float, times)), _points(measured))

    def is_known(self, diffusivities: Mapping[str, Mapping[str, Diffusivity]]) -> bool:
        """Whether every material has a D that carries, by formula and mechanism."""
        return all(carrier(diffusivities.get(name, {})) for name in self.radii)

    def profile(
        self, diffusivities: Mapping[str, Mapping[str, Diffusivity]], member: str = ""
    ) -> ConcentrationProfile:
        """Return the concentration at :attr:`times`, or where the dot fills.

        Parameters
        ----------
        diffusivities : mapping of str to mapping of str to Diffusivity
            By formula and mechanism.
        member : str
            Of a committee; its mean unless given.
        """
        layers = [
            ShellLayer(radius, _law(diffusivities[name], member))
            for name, radius in self.radii.items()
        ]
        if self.times:
            return fick_sphere(layers, self.programme, self.times)
        return _filling(layers, self.programme)

    def half_filled(
        self, diffusivities: Mapping[str, Mapping[str, Diffusivity]], member: str = ""
    ) -> float | None:
        """Return after how many seconds the dot is half full; None where that is never seen."""
        layers = [
            ShellLayer(radius, _law(diffusivities[name], member))
            for name, radius in self.radii.items()
        ]
        found = fick_sphere(layers, self.programme, _grid(layers, self.programme))
        if found.taken_up[-1] < 0.5:
            return None
        return float(np.exp(np.interp(0.5, found.taken_up, np.log(found.times))))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "radii": dict(self.radii),
            "programme": [list(pair) for pair in self.programme],
            "times": list(self.times),
            "measured": [list(pair) for pair in self.measured],
        }


def _law(diffusivities: Mapping[str, Diffusivity], member: str) -> Callable[[float], float]:
    one = diffusivities[carrier(diffusivities) or ""]
    if not member:
        return one.at
    return lambda temperature: one.of_members(temperature)[member]


def _points(text: str) -> tuple[tuple[float, float], ...]:
    """Read two columns; lines that begin with a # and the heading are left out."""
    found = []
    for n, line in enumerate(text.splitlines(), 1):
        cells = line.replace(",", " ").split()
        if not cells or line.lstrip().startswith("#"):
            continue
        try:
            radius, share = map(float, cells)
        except ValueError as error:
            if n == 1:  # its heading
                continue
            raise InputError(
                f"measured, line {n}: {line.strip()!r}: expected two numbers, radius in nm and "
                "the share of what is at the surface"
            ) from error
        found.append((radius, share))
    return tuple(found)


def _grid(layers: Sequence[ShellLayer], programme: Sequence[tuple[float, float]]) -> list[float]:
    """Return times over which a dot fills, s, or to the end of its programme."""
    if len(programme) > 1:
        return list(np.geomspace(10.0**-DECADES, 1.0, 12 * DECADES) * programme[-1][0])
    kelvin = programme[0][1]
    thick = np.diff([0.0, *(layer.radius for layer in layers)]) * 1e-7
    taken = sum(d**2 / one.diffusivity(kelvin) for d, one in zip(thick, layers, strict=True))
    return list(np.geomspace(1e-4, 10.0, 100) * taken)


def _filling(
    layers: Sequence[ShellLayer], programme: Sequence[tuple[float, float]]
) -> ConcentrationProfile:
    found = fick_sphere(layers, programme, _grid(layers, programme))
    reached = [s for s in FILLINGS if s <= found.taken_up[-1]]
    chosen = sorted({int(np.searchsorted(found.taken_up, s)) for s in reached})
    chosen = chosen or [len(found.times) - 1]
    return ConcentrationProfile(
        found.radii, found.times[chosen], found.concentrations[chosen], found.taken_up[chosen]
    )
