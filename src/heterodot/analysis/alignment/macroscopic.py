"""Macroscopic averages of a potential: what is left when the atomic planes are smoothed out.

A. Baldereschi, S. Baroni, R. Resta, Phys. Rev. Lett. 61, 734 (1988),
doi:10.1103/PhysRevLett.61.734; two spacings: L. Colombo, R. Resta, S. Baroni, Phys. Rev. B 44, 5572
(1991), doi:10.1103/PhysRevB.44.5572.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from heterodot.checks import is_number, window_of
from heterodot.data.electronic_structure import PlanarPotential
from heterodot.errors import InputError
from heterodot.records import Record


@dataclass(frozen=True)
class Plateau(Record):
    """The macroscopic average inside one side of an interface.

    Attributes
    ----------
    value : float
        eV.
    ripple : float
        Half the range of the average over the region, eV: how flat it is.
    region : tuple of float
        Å along the axis.
    """

    value: float
    ripple: float
    region: tuple[float, float]


def macroscopic_average(
    potential: PlanarPotential, period_a: float, period_b: float | None = None
) -> np.ndarray:
    """Average a planar potential over one period, and again over a second.

    Parameters
    ----------
    potential : PlanarPotential
    period_a, period_b : float
        Å: the spacing of equivalent planes on either side; one where they are equal.

    Returns
    -------
    (n,) float array
        eV, at the positions of the potential. Exact for a potential that is linear between its
        points; beyond an end in vacuum the potential is taken to go on as it is there.

    Raises
    ------
    InputError
        A period that is not positive or longer than the cell.
    """
    values = potential.values
    for period in (period_a, *(() if period_b is None else (period_b,))):
        values = _running_mean(potential, values, period)
    return values


def plateau(
    potential: PlanarPotential,
    region: tuple[float, float],
    period_a: float,
    period_b: float | None = None,
) -> Plateau:
    """Mean and ripple of the macroscopic average in a region.

    The region should be whole periods long and at least half of each period away from interface
    and surface, or the average mixes in what is there.

    Raises
    ------
    InputError
        A region without points.
    """
    low, high = window_of(region, "region", "Å")
    inside = (potential.positions >= low) & (potential.positions <= high)
    if not inside.any():
        raise InputError(f"region ({low:.2f}, {high:.2f}) Å: no point of the potential is in it")
    values = macroscopic_average(potential, period_a, period_b)[inside]
    return Plateau(float(values.mean()), 0.5 * float(np.ptp(values)), (float(low), float(high)))


def _running_mean(potential: PlanarPotential, values: np.ndarray, period: float) -> np.ndarray:
    """Mean over the period round each point, from the cumulative integral."""
    spacing = float(potential.positions[1] - potential.positions[0])
    length = spacing * len(values)
    if not is_number(period) or not 0 < period <= length:
        raise InputError(f"period {period!r} Å: expected a positive number up to {length:.2f}")
    margin = math.ceil(period / 2 / spacing) + 1
    if potential.periodic:
        wide = np.take(values, np.arange(-margin, len(values) + margin), mode="wrap")
    else:
        wide = np.pad(values, margin, mode="edge")
    integral = np.concatenate([[0.0], np.cumsum(0.5 * (wide[1:] + wide[:-1])) * spacing])
    at = spacing * (margin + np.arange(len(values)))
    ends = [_integral_at(wide, integral, at + side * period / 2, spacing) for side in (1, -1)]
    found: np.ndarray = (ends[0] - ends[1]) / period
    return found


def _integral_at(
    values: np.ndarray, integral: np.ndarray, x: np.ndarray, spacing: float
) -> np.ndarray:
    """Integral from the first point to x of what is linear between the points."""
    i = np.clip((x / spacing).astype(int), 0, len(values) - 2)
    t = x - i * spacing
    slope = (values[i + 1] - values[i]) / spacing
    found: np.ndarray = integral[i] + values[i] * t + 0.5 * slope * t**2
    return found
