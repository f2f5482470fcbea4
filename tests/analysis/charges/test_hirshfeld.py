from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.densities import gaussians

from heterodot.analysis import GridDensity, RadialDensity, hirshfeld_charges
from heterodot.errors import InputError

CELL = np.array([[5.0, 0.0, 0.0], [1.0, 4.5, 0.0], [-0.5, 0.8, 5.5]])
PLACES = [[0.2, 0.3, 0.4], [0.7, 0.6, 0.8]]
RADII = np.linspace(0, 9, 4000)


def free(electrons, width):
    density = electrons * np.exp(-(RADII**2) / (2 * width**2)) / (2 * np.pi * width**2) ** 1.5
    return RadialDensity(RADII, density)


def test_superposed_free_atoms_are_neutral():
    density = gaussians((30, 30, 36), CELL, PLACES, [8, 3], [0.7, 0.9])
    charges = hirshfeld_charges(density, [free(8, 0.7), free(3, 0.9)])
    assert charges == pytest.approx([0, 0], abs=2e-3)


def test_an_atom_scaled_up_shares_its_surplus_by_the_free_atoms():
    """Against the definition, point by point with every image."""
    density = gaussians((24, 24, 28), CELL, PLACES, [8.5, 2.5], [0.7, 0.9], numbers=[8, 3])
    atoms = [free(8, 0.7), free(3, 0.9)]
    charges = hirshfeld_charges(density, atoms)
    parts = [
        gaussians((24, 24, 28), CELL, [place], [q], [width]).values
        for place, q, width in zip(PLACES, (8, 3), (0.7, 0.9), strict=True)
    ]
    shares = [(p / sum(parts) * density.values).sum() * density.voxel for p in parts]
    assert charges == pytest.approx([8 - shares[0], 3 - shares[1]], abs=2e-3)
    assert charges.sum() == pytest.approx(0, abs=2e-3)
    assert charges[0] < -0.1


def test_open_boxes_and_small_cells():
    open_box = gaussians((30, 30, 36), CELL, PLACES, [8, 3], [0.5, 0.4], (False, True, False))
    lost = 11 - open_box.integral
    charges = hirshfeld_charges(open_box, [free(8, 0.5), free(3, 0.4)])
    assert charges.sum() == pytest.approx(lost, abs=2e-3)
    tiny = gaussians((10, 10, 10), 2 * np.eye(3), [[0.1, 0.1, 0.1]], [4], [0.45])
    reaching = hirshfeld_charges(tiny, [free(4, 0.45)])  # over several images
    assert reaching == pytest.approx([4 - tiny.integral], abs=2e-3)


def test_reach_leaves_out_what_it_says():
    atom = free(8, 0.7)
    assert atom.electrons == pytest.approx(8, abs=1e-3)
    inside = atom.radii <= atom.reach(0.01)
    kept = RadialDensity(atom.radii[inside], atom.values[inside])
    assert atom.electrons - kept.electrons == pytest.approx(0.01, abs=1e-3)


def test_bad_input_is_refused():
    density = gaussians((10, 10, 10), CELL, PLACES, [8, 3], [0.7, 0.9])
    with pytest.raises(InputError, match="expected 2, one each"):
        hirshfeld_charges(density, [free(8, 0.7)])
    untold = GridDensity(density.values, CELL, [8, 3], density.positions)
    with pytest.raises(InputError, match="with_valence"):
        hirshfeld_charges(untold, [free(8, 0.7), free(3, 0.9)])
    with pytest.raises(InputError, match="rising"):
        RadialDensity(np.array([0.0, 0.0]), np.ones(2))
