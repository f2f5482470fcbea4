"""An SCF that does not converge: the error has its kind, a remedy that helps is said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ase import Atoms
from ase.build import molecule
from ase.cluster import Octahedron

from heterodot.calculators import Level, Recovery
from heterodot.calculators.gpaw.divergence import DivergenceWatch
from heterodot.calculators.xtb.code import XTB
from heterodot.errors import ConvergenceError
from heterodot.workflows import Hessian, Orbitals, Relax, Relaxation, SinglePoint
from heterodot.workflows.tasks.computing import optimization
from heterodot.workflows.tasks.computing.ladder import climb

HASTY = Level("gfn1-xtb", overrides={"max_iterations": 2})
PATIENT = Recovery("patience", {"max_iterations": 250}, "converged only with more cycles")


@pytest.mark.parametrize("kind", [SinglePoint, Relax, Hessian, Orbitals])
def test_an_scf_that_fails_is_a_convergence_error_whatever_asked_for_it(serial, monkeypatch, kind):
    monkeypatch.setattr(XTB, "recoveries", lambda *_: ())
    with pytest.raises(ConvergenceError):
        serial.run(kind(molecule("H2O"), HASTY))
    assert [f["error"] for f in serial.store.failures()] == ["ConvergenceError"]


@pytest.mark.parametrize("kind", [SinglePoint, Relax, Hessian, Orbitals])
def test_a_remedy_that_helps_is_on_the_result(serial, monkeypatch, kind):
    monkeypatch.setattr(XTB, "recoveries", lambda *_: (PATIENT,))
    found = serial.run(kind(molecule("H2O"), HASTY))
    assert found.recovery == f"{PATIENT.note} (not before: as asked)"
    assert list((serial.store.path / "work").iterdir()) == []
    plain = serial.run(kind(molecule("H2O"), Level("gfn1-xtb")))
    assert plain.recovery == ""
    if kind is not Hessian:
        assert found.energy == pytest.approx(plain.energy, abs=1e-4)


def test_it_is_a_flag_of_the_workflow(serial, monkeypatch):
    monkeypatch.setattr(XTB, "recoveries", lambda *_: (PATIENT,))
    found = Relaxation(molecule("H2O"), HASTY).run(serial)
    assert [flag.name for flag in found.flags] == ["scf-recovered"]
    assert "more cycles" in found.summary()


class Ladder:
    """A computation that converges at one of its levels only, and counts what it was asked."""

    def __init__(self, good: int | None, dies_at: int | None = None) -> None:
        self.good, self.dies_at, self.asked = good, dies_at, []

    def __call__(self, level: Level, folder) -> dict:
        cycles = level.settings["max_iterations"]
        self.asked.append(cycles)
        if cycles == self.dies_at:
            self.dies_at = None
            raise KeyboardInterrupt
        if cycles != self.good:
            raise ConvergenceError(f"not converged in {cycles} cycles")
        return {"energy": float(cycles)}


@pytest.fixture
def three_rungs(monkeypatch):
    rungs = tuple(Recovery(f"{n} cycles", {"max_iterations": n}, f"{n}") for n in (3, 4, 5))
    monkeypatch.setattr(XTB, "recoveries", lambda *_: rungs)


def test_every_rung_is_written_down(tmp_path, three_rungs):
    found = climb(HASTY, Ladder(good=4), tmp_path)
    assert found["energy"] == 4
    assert found["recovery"] == "4 (not before: as asked, 3 cycles)"
    assert [a["rung"] for a in found["attempts"]] == ["as asked", "3 cycles"]
    assert found["attempts"][1]["error"] == "not converged in 3 cycles"


def test_a_killed_climb_goes_on_where_it_was(tmp_path, three_rungs):
    work = Ladder(good=5, dies_at=4)
    with pytest.raises(KeyboardInterrupt):
        climb(HASTY, work, tmp_path)
    found = climb(HASTY, work, tmp_path)
    assert work.asked == [2, 3, 4, 4, 5]
    assert found["recovery"] == "5 (not before: as asked, 3 cycles, 4 cycles)"


def test_what_was_tried_in_vain_is_said_and_may_be_tried_again(tmp_path, three_rungs):
    work = Ladder(good=None)
    for _ in range(2):
        with pytest.raises(ConvergenceError) as given_up:
            climb(HASTY, work, tmp_path)
    assert str(given_up.value) == (
        "not converged in 2 cycles; tried in vain: 3 cycles, 4 cycles, 5 cycles"
    )
    assert work.asked == [2, 3, 4, 5] * 2


def test_a_relaxation_that_runs_away_is_caught_and_said(serial, monkeypatch):
    """A step that throws two atoms at each other; the next optimizer starts from the best place."""
    cluster = Octahedron("Cu", 3, cutoff=1)
    cluster.rattle(0.1, seed=3)
    monkeypatch.setattr(optimization, "_precon_lbfgs", _Thrower)
    found = Relaxation(cluster, Level("emt")).run(serial)
    assert found.fmax < 0.05
    assert {flag.name for flag in found.flags} == {"geometry-recovered"}
    assert "LBFGS from the best geometry so far, after PreconLBFGS diverged" in found.summary()


class _Thrower:
    """An optimizer whose second geometry has two atoms on top of each other, nearly."""

    def __init__(self, atoms, stride):
        self.atoms = atoms

    def attach(self, record):
        self.record = record

    def run(self, fmax, steps):
        self.record()
        self.atoms.positions[0] = self.atoms.positions[1] + [1.4, 0, 0]
        self.record()
        raise AssertionError("went on")


def test_a_relaxation_that_cannot_be_saved_is_not_passed_for_one(serial, monkeypatch):
    record = optimization.Descent.record

    def diverge(self):
        record(self)
        if len(self.energies) % 3 == 0:
            raise optimization.DivergedError("a test")

    monkeypatch.setattr(optimization.Descent, "record", diverge)
    cluster = Octahedron("Cu", 3, cutoff=1)
    cluster.rattle(0.1, seed=3)
    found = Relaxation(cluster, Level("emt")).run(serial)
    assert {"forces", "geometry-recovered"} <= {flag.name for flag in found.flags}
    assert "given up at the best geometry" in found.summary()


def test_gpaw_is_stopped_when_its_energy_swings():
    def step(n, energy):
        return SimpleNamespace(niter=n, energies=SimpleNamespace(total_extrapolated=energy))

    watch = DivergenceWatch()
    for n in range(1, 13):
        watch(step(n, -200.0 + 100.0 * (-1) ** n))
    with pytest.raises(ConvergenceError, match="diverges: after 13 iterations"):
        watch(step(13, -300.0))
    calm = DivergenceWatch()
    for n in range(1, 60):
        calm(step(n, -100 - 50 / n))


@pytest.mark.slow
def test_the_ladder_mends_a_real_scf_without_another_level_of_theory(serial):
    """A chain of MgO with half a lattice of vacuum: 500 cycles do not settle GFN1, damping does."""
    chain = Atoms("MgO", positions=[[0, 0, 0], [2.1, 0, 0]], cell=[4.2, 2.97, 20], pbc=True)
    with pytest.raises(ConvergenceError):
        SinglePoint(chain, Level("gfn1-xtb")).compute(serial.store.work_folder("0" * 64))
    found = serial.run(SinglePoint(chain, Level("gfn1-xtb")))
    assert found.recovery == "converged with damping 0.1 (not before: as asked)"
