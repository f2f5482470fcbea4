"""Densities of known shape on grids of any cell."""

from __future__ import annotations

import itertools

import numpy as np

from heterodot.analysis import GridDensity


def gaussians(shape, cell, places, electrons, widths, pbc=(True, True, True), numbers=None):
    """Gaussian atoms at fractional places, periodic images within one cell added."""
    cell, places = np.asarray(cell, float), np.asarray(places, float)
    points = np.stack(np.meshgrid(*[np.arange(n) / n for n in shape], indexing="ij"), -1)
    values = np.zeros(shape)
    images = itertools.product(*[(-1, 0, 1) if p else (0,) for p in pbc])
    for image in images:
        for place, q, width in zip(places, electrons, widths, strict=True):
            square = (((points - place - image) @ cell) ** 2).sum(-1)
            values += q * np.exp(-square / (2 * width**2)) / (2 * np.pi * width**2) ** 1.5
    numbers = np.rint(electrons).astype(int) if numbers is None else numbers
    charges = np.asarray(numbers, float)
    return GridDensity(values, cell, numbers, places @ cell, pbc, nuclear_charges=charges)
