"""The first Hessian of a dear relaxation from a cheap level, and what tasks say they have cost."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixAtoms

from heterodot.calculators import Level
from heterodot.structures.molecules import molecule
from heterodot.workflows import Relaxation
from heterodot.workflows.cost import Cost
from heterodot.workflows.preconditioning import (
    SOFTEST,
    STIFFEST,
    cheap_hessian,
    clipped,
    preconditions,
)
from heterodot.workflows.tasks import Hessian, Relax

GFN1 = Level("gfn1-xtb")


def solved(task, directory):
    directory.mkdir(exist_ok=True)
    return task.result(task.solve(directory))


def test_clipped_eigenvalues_lie_in_the_bounds():
    values = np.linalg.eigvalsh(clipped(np.diag([-50.0, 0.0, 1.0, 90.0, 1e4])))
    np.testing.assert_allclose(values, [SOFTEST, SOFTEST, 50.0, 90.0, STIFFEST])


def test_the_cheap_hessian_is_recorded_and_leaves_fixed_atoms_alone(tmp_path):
    atoms = molecule("H2O")
    atoms.set_constraint(FixAtoms([0]))
    first = cheap_hessian(atoms, tmp_path)
    assert np.linalg.eigvalsh(first).min() > 0
    np.testing.assert_allclose(first[:3, 3:], 0)
    written = (tmp_path / "calculations.jsonl").read_text()
    np.testing.assert_array_equal(cheap_hessian(atoms, tmp_path), first)
    assert (tmp_path / "calculations.jsonl").read_text() == written


def test_where_the_cheap_level_fails_there_is_no_hessian(tmp_path):
    assert cheap_hessian(Atoms("H2", [[0, 0, 0], [0, 0, 1e-3]]), tmp_path) is None


def test_preconditioned_steps_are_fewer_and_end_in_the_same_minimum(tmp_path):
    start = molecule("HCOOH")
    start.rattle(0.1, seed=2)
    ends = {
        name: solved(Relax(start, GFN1, 0.02, optimizer=name), tmp_path / name)
        for name in ("BFGS", "xTB-BFGS")
    }
    own, plain = ends["xTB-BFGS"], ends["BFGS"]
    assert own.optimizer == "xTB-BFGS"
    assert own.energy == pytest.approx(plain.energy, abs=2e-3)
    assert own.cost.n_forces == own.n_steps <= plain.n_steps
    again = solved(Relax(start, GFN1, 0.02, optimizer="xTB-BFGS"), tmp_path / "xTB-BFGS")
    assert again.energy == own.energy
    assert again.cost == own.cost


def test_only_finite_structures_of_a_dear_code_are_preconditioned_unasked():
    atoms = molecule("H2O")
    assert not preconditions(GFN1, atoms)
    assert preconditions(Level("gpaw"), atoms)
    atoms.set_cell([5, 5, 5])
    atoms.pbc = True
    assert not preconditions(Level("gpaw"), atoms)


def test_a_hessian_says_its_force_calls(tmp_path):
    found = solved(Hessian(molecule("H2O"), GFN1, (0,)), tmp_path)
    assert found.cost == Cost(7, None)
    assert str(found.cost) == "7 force calls"
    assert str(Cost(2, 9) + Cost(1, 4)) == "3 force calls, 13 SCF iterations"
    assert Cost.from_dict(None) + Cost(1, 1) == Cost()


@pytest.mark.gpaw
def test_a_relaxation_with_gpaw_says_its_iterations(local):
    level = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})
    found = Relaxation(molecule("H2O"), level, fmax=0.1).run(local)
    assert found.optimizer == "xTB-BFGS"
    assert found.cost.n_forces == found.n_steps
    assert found.cost.n_scf >= 2 * found.n_steps
    assert f"{found.cost.n_scf} SCF iterations" in found.headline()
    assert found.to_dict()["cost"] == found.cost.to_dict()
