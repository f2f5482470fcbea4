"""The first Hessian of a dear relaxation from a cheap level, and what tasks say they have cost."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule as g2
from ase.calculators.calculator import Calculator
from ase.constraints import FixAtoms

from heterodot.calculators import Level
from heterodot.structures.molecules import molecule
from heterodot.workflows import Relaxation
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.finite_differences import cheap_hessian
from heterodot.workflows.tasks.computing.forces import FAR_SHARE, NEAR_SHARE, ROUGH
from heterodot.workflows.tasks.computing.preconditioning import (
    SOFTEST,
    STIFFEST,
    clipped,
    preconditions,
)
from heterodot.workflows.tasks.computing.recording import (
    RecordedCalculator,
    attach_recorded_calculator,
)
from heterodot.workflows.tasks.tasks import Hessian, Relax

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
    first = cheap_hessian(atoms, GFN1, tmp_path)
    assert np.linalg.eigvalsh(first).min() > 0
    np.testing.assert_allclose(first[:3, 3:], 0)
    written = (tmp_path / "calculations.jsonl").read_text()
    np.testing.assert_array_equal(cheap_hessian(atoms, GFN1, tmp_path), first)
    assert (tmp_path / "calculations.jsonl").read_text() == written


def test_where_the_cheap_level_fails_there_is_no_hessian(tmp_path):
    assert cheap_hessian(Atoms("H2", [[0, 0, 0], [0, 0, 1e-3]]), GFN1, tmp_path) is None


def test_preconditioned_steps_are_fewer_and_end_in_the_same_minimum(tmp_path):
    start = molecule("HCOOH")
    start.rattle(0.1, seed=2)
    ends = {
        name: solved(Relax(start, GFN1, 0.02, optimizer=name), tmp_path / name)
        for name in ("BFGS", "prior-BFGS")
    }
    own, plain = ends["prior-BFGS"], ends["BFGS"]
    assert own.optimizer == "prior-BFGS"
    assert own.energy == pytest.approx(plain.energy, abs=2e-3)
    assert own.cost.n_forces == own.n_steps <= plain.n_steps
    again = solved(Relax(start, GFN1, 0.02, optimizer="prior-BFGS"), tmp_path / "prior-BFGS")
    assert again.energy == own.energy
    assert again.cost == own.cost


def test_the_old_name_of_the_optimizer_answers_under_its_own_key(tmp_path):
    with pytest.warns(DeprecationWarning, match="optimizer xTB-BFGS is now prior-BFGS"):
        old = Relax(molecule("H2O"), GFN1, 0.05, optimizer="xTB-BFGS")
    new = Relax(molecule("H2O"), GFN1, 0.05, optimizer="prior-BFGS")
    assert old.key != new.key  # records written under the old name are found
    assert solved(old, tmp_path / "old").optimizer == "prior-BFGS"


def test_only_finite_structures_of_a_dear_code_are_preconditioned_unasked():
    atoms = molecule("H2O")
    assert not preconditions(GFN1, atoms)
    assert preconditions(Level("gpaw"), atoms)
    atoms.set_cell([5, 5, 5])
    atoms.pbc = True
    assert not preconditions(Level("gpaw"), atoms)


def test_a_hessian_says_its_force_calls(tmp_path):
    found = solved(Hessian(molecule("H2O"), GFN1, (0,)), tmp_path)
    assert found.cost == Cost(3, None)  # the centre and one diagonal: two mirrors do the rest
    assert str(found.cost) == "3 force calls"
    assert str(Cost(2, 9) + Cost(1, 4)) == "3 force calls, 13 SCF iterations"
    assert Cost.from_dict({}) + Cost(1, 1) == Cost()


@pytest.mark.gpaw
def test_a_relaxation_with_gpaw_says_its_iterations(local):
    level = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})
    found = Relaxation(molecule("H2O"), level, fmax=0.1).run(local)
    assert "led" in found.optimizer
    assert found.cost.n_forces <= found.n_steps
    assert found.cost.n_scf >= 2 * found.n_steps
    assert f"{found.cost.n_scf} SCF iterations" in found.headline()
    assert found.to_dict()["cost"] == found.cost.to_dict()


def test_the_cheap_minimum_is_taken_only_where_every_bond_is_kept(tmp_path):
    dear = Level("gfn2-xtb", prior="gfn1-xtb")
    start = g2("CH3COOH")
    start.rattle(0.08, seed=1)
    near = solved(Relax(start, dear, 0.05), tmp_path / "near")
    assert near.optimizer == "gfn1-xtb+led"
    asked = solved(Relax(start, dear, 0.05, optimizer="prior-BFGS"), tmp_path / "asked")
    assert asked.optimizer == "prior-BFGS"
    assert near.n_steps < asked.n_steps
    assert near.energy == pytest.approx(asked.energy, abs=5e-3)
    again = solved(Relax(start, dear, 0.05), tmp_path / "near")
    assert again.energies == near.energies
    broken = start.copy()  # its acidic hydrogen where the cheap level cannot leave it
    broken.positions[3] += 0.9 * (broken.positions[3] - broken.positions[2])
    away = solved(Relax(broken, dear, 0.05, 60), tmp_path / "away")
    assert away.optimizer.startswith("led")
    small = solved(Relax(g2("CO2"), dear, 0.05), tmp_path / "small")
    assert small.optimizer.startswith("led")


class Spring(Calculator):
    """A bond whose answer says how tightly its SCF was converged."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]
    factor = 1.0

    def calculate(self, atoms=None, properties=None, system_changes=()):
        super().calculate(atoms, properties, system_changes)
        bond = self.atoms.positions[1] - self.atoms.positions[0]
        stretch = np.linalg.norm(bond) - 1.0
        force = 10.0 * stretch * bond / np.linalg.norm(bond)
        self.results = {"energy": 5.0 * stretch**2 + self.factor - 1, "forces": [force, -force]}


def loosen(spring: Spring, factor: float) -> None:
    spring.factor = factor
    spring.reset()


def recorded(tmp_path, calculator, **options) -> RecordedCalculator:
    return RecordedCalculator(calculator, tmp_path / "calculations.jsonl", **options)


def test_the_scf_is_as_tight_as_the_forces_of_a_relaxation_need(tmp_path):
    calculator = recorded(
        tmp_path, Spring(), count=lambda _: 4, loosen=loosen, factor_for=lambda error: 4 * error
    )
    calculator.accuracy.follow(0.2, np.array([1]))
    atoms = Atoms("H2", [[0, 0, 0], [0, 0, 1.5]])
    atoms.calc = calculator

    def factor() -> float:
        stretch = atoms.positions[1, 2] - 1
        return atoms.get_potential_energy() - 5 * stretch**2 + 1

    assert factor() == pytest.approx(ROUGH)
    atoms.positions[1, 2] = 1.1  # 1 eV/Å after 5
    assert factor() == pytest.approx(4 * FAR_SHARE * 5)
    atoms.positions[1, 2] = 1.03  # 0.3 eV/Å, near the criterion: converged twice
    assert factor() == pytest.approx(4 * NEAR_SHARE * 0.2)
    atoms.positions[1, 2] = 1.02
    assert factor() == pytest.approx(4 * NEAR_SHARE * 0.2)
    assert calculator.cost == {"n_forces": 4, "n_scf": 20}
    atoms.positions[1, 2] = 1.5  # a replay learns from the record what a first run learnt
    assert factor() == pytest.approx(ROUGH)
    atoms.positions[1, 2] = 1.2
    assert factor() == pytest.approx(4 * FAR_SHARE * 5)


@pytest.mark.gpaw
def test_gpaw_takes_up_an_scf_it_had_converged_loosely(tmp_path):
    level = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})
    ready = level.prepare(molecule("H2O"))
    ready.calc = level.calculator(ready, tmp_path)
    code = level.implementation
    code.loosen(ready.calc, ROUGH)
    code.loosen(ready.calc, 1.0)  # the last word before the first SCF holds
    tight = ready.get_potential_energy()
    ready.positions[1] += 0.1
    code.loosen(ready.calc, 100.0)
    rough, before = ready.get_potential_energy(), code.scf_iterations(ready.calc)
    code.loosen(ready.calc, 1.0)
    again = ready.get_potential_energy()
    assert before < 6
    assert code.scf_iterations(ready.calc) >= 1
    other = ready.copy()
    other.calc = level.calculator(other)
    exact = other.get_potential_energy()
    assert abs(again - exact) < 1e-3
    assert abs(again - exact) <= abs(rough - exact) + 1e-4
    assert abs(tight - exact) > 0.01


@pytest.mark.gpaw
def test_the_first_scf_of_gpaw_is_as_rough_as_it_may_be_and_its_watch_goes_on(tmp_path):
    level = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})
    code = level.implementation
    counts = []
    for factor in (1.0, 100.0):
        ready = level.prepare(molecule("H2O"))
        ready.calc = level.calculator(ready, tmp_path / f"{factor:g}")
        watch = ready.calc.hooks["scf_step"]
        code.loosen(ready.calc, factor)
        ready.get_potential_energy()
        counts.append(code.scf_iterations(ready.calc))
        assert ready.calc.hooks["scf_step"] is watch
    assert counts[1] < counts[0]


def test_differences_of_forces_are_as_exact_as_asked_for(tmp_path):
    options = {"count": lambda _: 4, "factor_for": lambda error: 4 * error}
    calculator = recorded(tmp_path / "a", Spring(), loosen=loosen, **options)
    calculator.accuracy.forces_to(0.01)
    atoms = Atoms("H2", [[0, 0, 0], [0, 0, 1.5]])
    atoms.calc = calculator
    assert atoms.get_potential_energy() == pytest.approx(5 * 0.5**2 + 0.04 - 1)
    assert calculator.cost == {"n_forces": 1, "n_scf": 4}
    cannot = recorded(tmp_path / "b", Spring(), **options)
    cannot.accuracy.forces_to(0.01)
    atoms.calc = cannot
    assert atoms.get_potential_energy() == pytest.approx(5 * 0.5**2)
    assert cannot.cost == {"n_forces": 1, "n_scf": 4}
    never_looser = recorded(tmp_path / "c", Spring(), loosen=loosen, **options)
    never_looser.accuracy.forces_to(100.0)
    atoms.calc = never_looser
    assert atoms.get_potential_energy() == pytest.approx(5 * 0.5**2)


@pytest.mark.gpaw
def test_gpaw_forces_are_right_to_what_was_asked_for(tmp_path):
    level = Level("gpaw", "fast", {"basis": "sz(dzp)", "vacuum": 2.5})
    assert GFN1.implementation.scf_factor(GFN1.settings, 0.01) == 1.0
    forces = {}
    for error in (0.05, 0.0001):
        ready = attach_recorded_calculator(molecule("H2O"), level, tmp_path / str(error))
        ready.calc.accuracy.forces_to(error)
        for _ in range(2):
            ready.positions[1] += 0.02
            forces[error] = ready.get_forces()
    assert np.abs(forces[0.05] - forces[0.0001]).max() < 0.05
