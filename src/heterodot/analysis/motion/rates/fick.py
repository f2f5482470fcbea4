"""Concentration through a sphere of shells: Fick's second law along a temperature programme.

Finite volumes with fluxes between cells, implicit in time: what goes in through the surface is what
is inside, whatever the step. The concentration is continuous across shells (no segregation).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from heterodot.checks import positive
from heterodot.errors import InputError

NM = 1e-7
"""cm."""

STILL = 1e-30
"""nm²/s: where D is nothing."""

CELLS = 100
"""Of the sphere, of equal thickness. Chosen: the sphere of Crank to 1e-3."""


@dataclass(frozen=True)
class ShellLayer:
    """A shell, or the core.

    Attributes
    ----------
    radius : float
        Outer radius, nm.
    diffusivity : callable
        D (cm²/s) at a temperature (K), such as :meth:`Diffusivity.at`.
    """

    radius: float
    diffusivity: Callable[[float], float]


@dataclass(frozen=True)
class ConcentrationProfile:
    """Concentration at some times.

    Attributes
    ----------
    radii : (n,) float array
        Middle of each cell, nm.
    times : (m,) float array
        s.
    concentrations : (m, n) float array
        Shares of that at the surface.
    taken_up : (m,) float array
        Mean over the sphere.
    """

    radii: np.ndarray
    times: np.ndarray
    concentrations: np.ndarray
    taken_up: np.ndarray


def fick_sphere(
    layers: Sequence[ShellLayer],
    programme: Sequence[tuple[float, float]],
    times: Sequence[float],
    cells: int = CELLS,
) -> ConcentrationProfile:
    """Diffuse from the surface, held at concentration 1, into an empty sphere.

    Parameters
    ----------
    layers : sequence of ShellLayer
        From the core outwards.
    programme : sequence of (seconds, kelvin)
        Temperature, linear between; constant before the first and after the last.
    times : sequence of float
        When the profile is wanted, s, rising, above 0.
    cells : int
        Of the sphere.

    Returns
    -------
    ConcentrationProfile

    Raises
    ------
    InputError
        Radii or times that do not rise, or no programme.
    """
    radii = [positive(layer.radius, "radius", "nm") for layer in layers]
    if not radii or any(np.diff([0.0, *radii]) <= 0):
        raise InputError(f"radii {radii} nm: expected one or more, rising from the core outwards")
    wanted = np.asarray(times, float)
    if not len(wanted) or any(np.diff([0.0, *wanted]) <= 0):
        raise InputError("times: expected one or more, rising, above 0 s")
    if not programme or any(np.diff([t for t, _ in programme]) <= 0):
        raise InputError("programme: expected (s, K), seconds rising")
    edges = np.linspace(0.0, radii[-1], cells + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    owner = np.minimum(np.searchsorted(radii, middles), len(radii) - 1)
    history = _solve(layers, owner, edges, programme, wanted)
    volumes = np.diff(edges**3)
    return ConcentrationProfile(middles, wanted, history, history @ volumes / volumes.sum())


def _solve(
    layers: Sequence[ShellLayer],
    owner: np.ndarray,
    edges: np.ndarray,
    programme: Sequence[tuple[float, float]],
    times: np.ndarray,
) -> np.ndarray:
    from scipy.integrate import solve_ivp
    from scipy.sparse import diags

    seconds, kelvins = (np.array(column, float) for column in zip(*programme, strict=True))
    width = edges[1] - edges[0]
    areas, volumes = edges[1:] ** 2, np.diff(edges**3) / 3

    def rate(t: float) -> np.ndarray:
        temperature = float(np.interp(t, seconds, kelvins))
        of_layers = [layer.diffusivity(temperature) for layer in layers]
        own = np.maximum(np.array(of_layers)[owner] / NM**2, STILL)
        between = 2 * own[:-1] * own[1:] / (own[:-1] + own[1:])  # in series
        # the last one: half a cell to the surface
        return np.asarray(areas * np.append(between, 2 * own[-1]) / width)

    def matrix(t: float):  # type: ignore[no-untyped-def]
        through = rate(t)
        out, back = through, np.append(0.0, through[:-1])
        main = -(out + back) / volumes
        upper, lower = through[:-1] / volumes[:-1], through[:-1] / volumes[1:]
        return diags([lower, main, upper], [-1, 0, 1], format="csc")

    def slope(t: float, c: np.ndarray) -> np.ndarray:
        found = np.asarray(matrix(t) @ c)
        found[-1] += rate(t)[-1] / volumes[-1]
        return found

    found = solve_ivp(
        slope, (0.0, float(times[-1])), np.zeros(len(owner)), method="BDF", t_eval=times,
        jac=lambda t, _: matrix(t), rtol=1e-6, atol=1e-9,
    )  # fmt: skip
    if not found.success:
        raise InputError(f"Fick's law could not be integrated: {found.message}")
    return np.asarray(found.y.T)
