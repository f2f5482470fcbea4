"""Points in the xz plane, of which the geometries of small molecules are made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Point = tuple[float, float, float]


def polar(length: float, degrees: float) -> Point:
    """Return the point at ``length`` (Å), ``degrees`` away from +z towards +x."""
    angle = np.radians(degrees)
    return (float(length * np.sin(angle)), 0.0, float(length * np.cos(angle)))


def beyond(start: Point, step: Point) -> Point:
    """Return the point that is ``step`` (Å) away from another."""
    return (start[0] + step[0], start[1] + step[1], start[2] + step[2])


def turned(points: Sequence[Sequence[float]] | np.ndarray, degrees: float) -> np.ndarray:
    """Return the (n, 3) points (Å) turned by an angle from z towards x."""
    angle = np.radians(degrees)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    return np.asarray(np.array(points) @ turn.T)


def carboxyl(
    c_o: float, c_oh: float, o_h: float, oco: float, coh: float, *, syn: bool
) -> tuple[Point, ...]:
    """C, O, O, H of a carboxyl group in the xz plane (Å, degrees), H syn or anti to C=O."""
    half = oco / 2
    h = np.array(polar(c_oh, half)) + np.array(polar(o_h, half + 180.0 + (coh if syn else -coh)))
    return ((0.0, 0.0, 0.0), polar(c_o, -half), polar(c_oh, half), (h[0], h[1], h[2]))


def pyramid(length: float, apex: float, azimuth: float = 0.0) -> tuple[Point, ...]:
    """Three points at ``length`` (Å) from the origin, ``apex`` degrees apart, about −z.

    120° lie in the xy plane. The first is ``azimuth`` degrees from +x.
    """
    off = np.arcsin(2 / np.sqrt(3) * np.sin(np.radians(apex) / 2))
    across, down = length * np.sin(off), -length * np.cos(off)
    turns = np.radians(azimuth + np.array([0.0, 120.0, 240.0]))
    return tuple((float(across * np.cos(t)), float(across * np.sin(t)), float(down)) for t in turns)
