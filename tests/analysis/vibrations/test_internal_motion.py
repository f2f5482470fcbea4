"""Internal coordinates: derivatives against differences, and metals with thousands of torsions."""

import time

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, molecule
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.analysis.vibrations.internal_gradients import angle_gradients, torsion_gradients
from heterodot.analysis.vibrations.internal_motion import motions

STEP = 1e-5


def differences(points, value):
    """(n, 3) derivative of an angle of ASE's, rad/Å, by central differences."""
    slopes = np.zeros_like(points)
    for place in np.ndindex(points.shape):
        ends = []
        for sign in (1, -1):
            moved = points.copy()
            moved[place] += sign * STEP
            ends.append(np.radians(value(Atoms(f"H{len(points)}", moved))))
        turn = ends[0] - ends[1]
        slopes[place] = np.arctan2(np.sin(turn), np.cos(turn)) / (2 * STEP)
    return slopes


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_derivatives_are_those_of_the_angles(seed):
    points = np.random.default_rng(seed).normal(size=(4, 3)) * 1.5
    steps = np.diff(points, axis=0)
    flat = [abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) for a, b in (steps[:2], steps[1:])]
    if max(flat) > 0.98:  # nearly in a line: differences are poor
        return
    expected = differences(points, lambda a: a.get_dihedral(0, 1, 2, 3))
    found = torsion_gradients(*(step[None] for step in steps))[0]
    assert np.allclose(abs(np.sign((found * expected).sum()) * found - expected), 0, atol=1e-4)
    expected = differences(points[:3], lambda a: a.get_angle(0, 1, 2))
    found = angle_gradients(-steps[:1], steps[1:2])[0]
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("name", "torsions"), [("H2O2", 1), ("C2H2", 0), ("C2H6", 1)])
def test_a_molecule_has_as_many_torsions_as_it_has_turning_bonds(name, torsions):
    """In ethane the nine H–C–C–H span the turn and what bends do not: no translation, no turn."""
    atoms = molecule(name)
    found = [m for m in motions(atoms, range(len(atoms))) if m.label.endswith("torsion")]
    assert len(found) == torsions
    roots = np.sqrt(atoms.get_masses())[:, None]
    for motion in found:
        for axis in np.eye(3):
            for whole in (np.tile(axis, (len(atoms), 1)), np.cross(axis, atoms.positions)):
                assert np.abs(motion.directions @ (roots * whole).ravel()).max() < 1e-6


def test_a_metal_with_thousands_of_torsions_takes_no_time():
    """27 atoms of copper have some 12000: minutes when each was differentiated by itself."""
    slab = fcc111("Cu", (3, 3, 3), vacuum=6.0)
    start = time.process_time()
    found = {m.label: m.directions for m in motions(slab, range(len(slab)))}
    assert time.process_time() - start < 10
    assert len(found["Cu–Cu–Cu–Cu torsion"]) == 3 * 27 - 3  # all that is no translation
    for rows in found.values():
        assert np.allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-8)
