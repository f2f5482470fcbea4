"""Relaxation and finite differences: right, and the same when killed on the way."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

from heterodot.calculators import Level
from heterodot.errors import CalculationError, CrashError, InputError
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import Hessian, Orbitals, Relax, Runner, SinglePoint
from heterodot.workflows.tasks.computing.optimization import nearest_neighbour_distance, relax
from heterodot.workflows.tasks.computing.recording import CHAIN, RecordedCalculator

COUNTED = "tests.workflows.bad_calculators:CountedEMT"


def test_single_point_is_the_calculators(cluster, serial):
    result = serial.run(SinglePoint(cluster, Level("emt")))
    cluster.calc = EMT()
    assert result.energy == pytest.approx(cluster.get_potential_energy(), abs=1e-10)
    np.testing.assert_allclose(result.forces, cluster.get_forces(), atol=1e-10)


@pytest.mark.parametrize("optimizer", ["auto", "PreconLBFGS", "LBFGS", "BFGS", "FIRE"])
def test_relaxation_reaches_the_minimum_of_plain_ase(cluster, serial, optimizer):
    result = serial.run(Relax(cluster, Level("emt"), fmax=0.01, optimizer=optimizer))
    cluster.calc = EMT()
    BFGS(cluster, logfile=None).run(fmax=0.001)
    assert result.converged
    assert result.fmax <= 0.01
    assert result.energy == pytest.approx(cluster.get_potential_energy(), abs=5e-4)
    assert result.energies[-1] == pytest.approx(result.energy)
    assert result.n_steps == len(result.forces)


def test_default_optimizer_is_the_preconditioned_one(cluster, serial):
    assert serial.run(Relax(cluster, Level("emt"))).optimizer == "PreconLBFGS"
    assert nearest_neighbour_distance(cluster) == pytest.approx(2.5, abs=0.15)


def test_fixed_atoms_stay(cluster, serial):
    cluster.set_constraint(FixAtoms([0, 5]))
    result = serial.run(Relax(cluster, Level("emt")))
    np.testing.assert_array_equal(result.structure.positions[[0, 5]], cluster.positions[[0, 5]])
    assert np.abs(result.structure.positions - cluster.positions).max() > 0.01


def test_unconverged_relaxation_says_so(cluster, serial):
    result = serial.run(Relax(cluster, Level("emt"), fmax=1e-6, steps=3))
    assert not result.converged
    assert result.n_steps == 3


def test_unknown_optimizer_is_refused(cluster, serial):
    with pytest.raises(InputError, match=r"'Newton'.*expected 'auto'"):
        serial.run(Relax(cluster, Level("emt"), optimizer="Newton"))


def test_not_finite_forces_are_an_error(cluster, serial):
    level = Level.from_ase("tests.workflows.bad_calculators:NotFinite")
    with pytest.raises(CalculationError, match="non-finite"):
        serial.run(Relax(cluster, level))


def test_hessian_of_co2_gives_its_known_modes(local):
    """GFN1-xTB CO2: bend degenerate, stretches in order; five modes near zero."""
    relaxed = local.run(Relax(molecule("CO2"), Level("gfn1-xtb"), fmax=0.005)).structure
    result = local.run(Hessian(relaxed, Level("gfn1-xtb")))
    nu = result.frequencies(relaxed)
    assert np.abs(nu[:5]).max() < 30
    assert nu[5] == pytest.approx(nu[6], abs=2)
    assert 500 < nu[5] < 750
    assert 1200 < nu[7] < 1600
    assert 2200 < nu[8] < 2800
    assert result.asymmetry < 0.05
    np.testing.assert_allclose(result.hessian, result.hessian.T)


def test_partial_hessian_is_the_block_of_the_whole(cluster, serial):
    whole = serial.run(Hessian(cluster, Level("emt")))
    part = serial.run(Hessian(cluster, Level("emt"), indices=(3, 7)))
    rows = [9, 10, 11, 21, 22, 23]
    np.testing.assert_allclose(part.hessian, whole.hessian[np.ix_(rows, rows)], atol=1e-8)


def test_orbitals_hold_all_electrons(serial):
    result = serial.run(Orbitals(molecule("H2O"), Level("gfn1-xtb")))
    assert result.electronic_structure.occupations.sum() == pytest.approx(8)


@pytest.mark.parametrize("kind", [Relax, Hessian])
def test_killed_work_goes_on_and_ends_in_the_same_place(cluster, tmp_path, monkeypatch, kind):
    """A child killed after 9 calculations: the rerun calculates the rest only."""
    monkeypatch.setattr("heterodot.workflows.tasks.computing.recording.SYNC_INTERVAL", 0.0)
    settings = {"fmax": 1e-3} if kind is Relax else {"indices": (0, 1, 2, 3)}

    def level(name: str, die_after: int) -> Level:
        log = str(tmp_path / name)
        return Level.from_ase(COUNTED, log=log, die_after=die_after)

    with Runner(tmp_path / "plain", workers=1) as runner:
        whole = runner.run(kind(cluster, level("whole", 0), **settings))
    needed = len((tmp_path / "whole").read_text().splitlines())
    assert needed > 12

    task = kind(cluster, level("killed", 9), **settings)
    with Runner(tmp_path / "store", workers=1) as runner:
        with pytest.raises(CrashError, match="SIGKILL"):
            runner.run(task)
        (failure,) = runner.store.failures()
        assert failure["error"] == "CrashError"
        work = runner.store.path / "work"
        survivor = kind(cluster, level("killed", 0), **settings)
        (work / task.key).rename(work / survivor.key)  # the setting that kills is in the key
        resumed = runner.run(survivor)
    done = len((tmp_path / "killed").read_text().splitlines())
    assert done == needed
    if kind is Relax:
        np.testing.assert_allclose(resumed.structure.positions, whole.structure.positions)
        assert resumed.energies == pytest.approx(whole.energies, abs=1e-9)
    else:
        np.testing.assert_allclose(resumed.hessian, whole.hessian, atol=1e-9)
    assert not list((tmp_path / "store" / "work").glob(f"{survivor.key}*"))


def test_record_drops_a_torn_tail(cluster, tmp_path):
    path = tmp_path / "calculations.jsonl"
    first = RecordedCalculator(EMT(), path)
    cluster.calc = first
    energy = cluster.get_potential_energy()
    first.sync()
    with path.open("a") as file:
        file.write('{"geometry": "00ff", "energ')
    second = RecordedCalculator(EMT(), path)
    cluster.calc = second
    assert cluster.get_potential_energy() == energy
    assert second.n_calculated == 0
    cluster.positions[0] += 0.1
    cluster.get_potential_energy()
    second.sync()
    third = RecordedCalculator(EMT(), path)
    cluster.calc = third
    cluster.get_potential_energy()
    assert third.n_calculated == 0


@pytest.fixture(scope="module")
def zinc_sulfide() -> Atoms:
    """A passivated tetrahedron of four cations: soft enough to remember how it was reached."""
    return passivate(pyramid(crystal("ZnS"), base=2), "H")


@pytest.mark.parametrize("cut", [1, CHAIN - 1, CHAIN, CHAIN + 3])
def test_killed_xtb_relaxation_ends_on_the_same_digit(zinc_sulfide, tmp_path, cut):
    arguments = {"fmax": 0.02, "steps": CHAIN + 8, "optimizer": "auto"}
    whole = relax(zinc_sulfide, Level("gfn1-xtb"), tmp_path / "whole", **arguments)
    lines = (tmp_path / "whole" / "calculations.jsonl").read_text().splitlines(keepends=True)
    assert len(lines) > cut + 1
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / "calculations.jsonl").write_text("".join(lines[:cut]))
    resumed = relax(zinc_sulfide, Level("gfn1-xtb"), tmp_path / "killed", **arguments)
    np.testing.assert_array_equal(resumed["positions"], whole["positions"])
    assert resumed["energy"] == whole["energy"]
    assert (tmp_path / "killed" / "calculations.jsonl").read_text() == "".join(lines)


def test_finished_work_leaves_no_folder(cluster, serial, monkeypatch):
    monkeypatch.setattr("heterodot.workflows.tasks.computing.recording.SYNC_INTERVAL", 0.0)
    serial.run(Relax(cluster, Level("emt")))
    assert list((serial.store.path / "work").iterdir()) == []


def test_positions_that_are_no_numbers_are_not_calculated(tmp_path):
    from heterodot.workflows.tasks.computing.recording import attach_recorded_calculator

    working = attach_recorded_calculator(molecule("N2"), Level("lj"), tmp_path)
    energy = working.get_potential_energy()
    working.positions[0, 0] = np.nan
    with pytest.raises(RuntimeError, match="no numbers"):
        working.get_potential_energy()
    working.positions[0, 0] = 0.0
    assert working.get_potential_energy() == energy


@pytest.mark.parametrize("step", [1, 3])
def test_a_relaxation_goes_on_where_its_optimizer_divides_by_nothing(tmp_path, monkeypatch, step):
    """As PreconLBFGS does where energies of single precision no longer fall."""
    from ase.optimize.precon import PreconLBFGS

    taken = PreconLBFGS.step

    def lost(self, forces=None):
        taken(self, forces)
        if self.iteration == step:
            self._actual_atoms.positions[:] = np.nan

    monkeypatch.setattr(PreconLBFGS, "step", lost)
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.rattle(0.1, seed=2)
    found = relax(atoms, Level("emt"), tmp_path, 0.05, 100, "auto")
    assert found["optimizer"] == "PreconLBFGS+LBFGS"
    assert found["fmax"] <= 0.05
    assert np.isfinite(found["positions"]).all()
    assert not found["geometry_recovery"]
