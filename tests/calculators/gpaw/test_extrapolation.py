"""Densities predicted from the geometries before: fewer SCF iterations, the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from heterodot.calculators import Level
from heterodot.calculators.gpaw.extrapolation import combination


def test_coefficients_reflect_at_the_centre_and_go_on_along_a_line():
    centre, step = np.zeros((2, 3)), np.array([[0.01, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(combination(step, [centre, -step]), [2, -1], atol=0.03)
    line = [k * step for k in range(3)]
    coefficients = combination(3 * step, line)
    assert coefficients.sum() == pytest.approx(1)
    predicted = sum(c * p for c, p in zip(coefficients, line, strict=True))
    np.testing.assert_allclose(predicted, 3 * step, atol=3e-4)


def test_coefficients_never_multiply_the_noise():
    known = [np.zeros((1, 3)), np.full((1, 3), 0.01)]
    coefficients = combination(np.full((1, 3), 1.0), known)
    assert np.abs(coefficients).sum() == pytest.approx(3)
    assert coefficients.sum() == pytest.approx(1)
    np.testing.assert_allclose(combination(np.ones((1, 3)), known[:1]), [1])


@pytest.mark.gpaw
def test_hydrogen_in_a_minimal_basis_still_converges(tmp_path):
    """Predicted exactly, its density left GPAW's mixer nothing but 0/0."""
    level = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})
    ready = level.prepare(Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]))
    ready.calc = level.calculator(ready, tmp_path)
    energies = []
    for z in (0.0, 0.05, 0.06):
        moved = ready.copy()
        moved.positions[1, 2] += z
        moved.calc = ready.calc
        energies.append(moved.get_potential_energy())
    assert np.isfinite(energies).all()


@pytest.mark.gpaw
def test_displacements_need_fewer_iterations_for_the_same_forces(tmp_path):
    """CuSH, its hydrogen displaced both ways: GPAW's own reuse against the prediction."""
    from gpaw import GPAW

    from heterodot.calculators.gpaw.settings import gpaw_parameters

    atoms = Atoms("CuSH", positions=[[0, 0, 0], [2.09, 0, 0], [2.2, 1.34, 0]])
    tight = {"energy": 1e-4, "density": 1e-5}
    settings = {"basis": "sz(dzp)", "vacuum": 2.5, "h": 0.25, "convergence": tight}
    level = Level("gpaw", "moderate", settings)
    ready = level.prepare(atoms)
    parameters = gpaw_parameters(ready, level.settings, level.check(ready))
    plain = GPAW(txt=None, legacy_gpaw=False, **parameters)
    predicting = level.calculator(ready, tmp_path)
    counts, forces = [], []
    for calculator in (plain, predicting):
        ready.calc, n_scf, found = calculator, 0, []
        for x in (0.0, -0.01, 0.01):
            for axis in range(3) if x else (0,):
                moved = ready.copy()
                moved.positions[2, axis] += x
                moved.calc = calculator
                found.append(moved.get_forces())
                n_scf += calculator.dft.scf_loop.niter
        counts.append(n_scf)
        forces.append(found)
    assert counts[1] <= counts[0] - 3, counts
    np.testing.assert_allclose(forces[1], forces[0], atol=5e-3)
