"""A dear level led by a cheap one: fewer steps to the same minimum, whatever the cheap one says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.build import molecule as g2
from ase.constraints import FixAtoms

from heterodot.calculators import Level
from heterodot.workflows.tasks.computing.leading.difference import (
    LearntDifference,
    coordinates,
    inverse_distances,
)
from heterodot.workflows.tasks.computing.leading.lead import Lead, descend, largest_step
from heterodot.workflows.tasks.tasks import Relax

COUNTED = "tests.workflows.bad_calculators:CountedEMT"
GFN1, GFN2 = Level("gfn1-xtb"), Level("gfn2-xtb")


AROUND = 2.4 * np.concatenate([np.eye(3), -np.eye(3)])
"""Å: six atoms that stay round one that moves."""


def solved(task, directory):
    directory.mkdir(exist_ok=True)
    return task.result(task.solve(directory))


def waves(x):
    """A smooth difference: eV, eV/Å."""
    phase = np.arange(1, len(x) + 1) * x / 3
    return 0.2 * np.sin(phase).sum(), 0.2 * np.cos(phase) * np.arange(1, len(x) + 1) / 3


@pytest.mark.parametrize("measure", [coordinates, inverse_distances(AROUND)])
def test_what_is_learnt_is_the_difference_with_its_slopes_and_curvatures(measure):
    rng = np.random.default_rng(1)
    learnt = LearntDifference(measure)
    seen = rng.uniform(-0.4, 0.4, (14, 3))
    for x in seen:
        learnt.add(x, *waves(x), 0.005)
    learnt.fit(np.zeros(3))
    x = np.array([0.1, -0.2, 0.05])
    energy, slope = learnt.at(x)
    assert energy == pytest.approx(waves(x)[0], abs=2e-3)
    np.testing.assert_allclose(slope, waves(x)[1], atol=0.01)
    ahead, behind = (learnt.at(x + s * np.array([1e-4, 0, 0]))[0] for s in (1, -1))
    assert slope[0] == pytest.approx((ahead - behind) / 2e-4, abs=1e-5)
    assert learnt.spread(x) < 0.02 < learnt.spread(x + 5.0)
    exact = -0.2 * (np.arange(1, 4) / 3) ** 2 * np.sin(np.arange(1, 4) * x / 3)
    np.testing.assert_allclose(learnt.hessian(x), np.diag(exact), atol=0.05)


def test_only_the_nearest_are_learnt_from_where_there_are_too_many(monkeypatch):
    monkeypatch.setattr("heterodot.workflows.tasks.computing.leading.difference.LARGEST", 12)
    learnt = LearntDifference(inverse_distances(AROUND))
    for place in (5.0, 0.0, 0.1, -0.1):
        learnt.add(np.full(3, place), *waves(np.full(3, place)), 0.005)
    learnt.fit(np.zeros(3))
    assert learnt.at(np.full(3, 0.05))[0] == pytest.approx(waves(np.full(3, 0.05))[0], abs=5e-3)


def bowl(x):
    return float(20 * (x**2).sum() + (x**4).sum()), 40 * x + 4 * x**3


def test_a_descent_ends_at_the_radius_or_where_the_forces_are_small():
    start = np.array([0.9, -0.6, 0.3, 0.2, 0.1, -0.4])
    x, energy = descend(bowl, start, bowl(start), 40 * np.eye(6), 0.25, 1e-3)
    assert largest_step(x - start) == pytest.approx(0.25, abs=1e-6)
    assert energy < bowl(start)[0]
    x, energy = descend(bowl, start, bowl(start), 40 * np.eye(6), 5.0, 1e-3)
    assert largest_step(bowl(x)[1]) < 1e-3


def test_a_step_that_raises_the_energy_is_refused_and_what_it_taught_is_kept():
    asked = []

    def dear(x):
        """The bowl, and a wall before its lowest point that nothing foretells."""
        depth = max(0.0, 0.4 - x[0])
        energy, slope = bowl(x)
        found = energy + 1000 * depth**2, slope - np.array([2000 * depth, 0, 0])
        asked.append((x, *found))
        return found

    start = np.array([0.5, -0.4, 0.3])
    lead = Lead(dear, bowl, 40 * np.eye(3), start, 0.02, held=AROUND)
    lead.run(60)
    assert lead.refused > 0
    assert asked[1][1] > asked[0][1]  # the step that was refused
    lowest = min(asked, key=lambda found: found[1])
    np.testing.assert_array_equal(lead.best, lowest[0])
    assert lowest[1] < asked[0][1] - 1.0
    honest = Lead(bowl, bowl, 40 * np.eye(3), start, 0.02, held=AROUND)
    assert honest.run(4)
    assert honest.refused == 0


def test_a_led_relaxation_takes_fewer_steps_to_the_same_minimum(tmp_path):
    start = g2("CH3CH2OH")
    start.rattle(0.1, seed=3)
    plain = solved(Relax(start, GFN2, 0.01, optimizer="BFGS"), tmp_path / "plain")
    led = solved(Relax(start, Level("gfn2-xtb", prior="gfn1-xtb"), 0.01), tmp_path / "led")
    assert led.optimizer == "gfn1-xtb+led"
    assert led.converged
    assert led.energy == pytest.approx(plain.energy, abs=1e-3)
    assert led.cost.n_forces == led.n_steps
    assert 3 * led.n_steps <= plain.n_steps


def copper_cluster() -> Atoms:
    atoms = bulk("Cu", cubic=True).repeat((2, 1, 1))
    atoms.pbc = False
    atoms.rattle(0.15, seed=4)
    atoms.set_constraint(FixAtoms([0, 1]))
    return atoms


def test_fixed_atoms_stay_where_they_are(tmp_path):
    start = copper_cluster()
    prior = Level.from_ase("ase.calculators.morse:MorsePotential", epsilon=0.35, r0=2.5, rho0=4.0)
    found = solved(Relax(start, Level("emt", prior=prior), 0.01), tmp_path)
    assert found.converged
    assert "led" in found.optimizer
    np.testing.assert_allclose(found.structure.positions[:2], start.positions[:2], atol=1e-12)


@pytest.mark.parametrize("lie", ["flipped", "huge", "flat", "broken"])
def test_a_prior_that_lies_does_not_change_the_minimum(lie, tmp_path):
    start = copper_cluster()
    plain = solved(Relax(start, Level("emt"), 0.01, optimizer="BFGS"), tmp_path / "plain")
    prior = Level.from_ase("tests.workflows.bad_calculators:LyingEMT", lie=lie)
    found = solved(Relax(start, Level("emt", prior=prior), 0.01), tmp_path / "led")
    assert found.converged
    assert found.energy == pytest.approx(plain.energy, abs=2e-3)
    np.testing.assert_allclose(
        found.structure.get_all_distances(), plain.structure.get_all_distances(), atol=0.05
    )


@pytest.mark.parametrize(("coordinate", "said"), [(0.0, "overlap"), (np.nan, "no numbers")])
def test_a_lead_into_what_cannot_be_calculated_is_given_up(coordinate, said, tmp_path, monkeypatch):
    start = g2("CH3CH2OH")
    start.rattle(0.05, seed=3)
    monkeypatch.setattr(
        Lead, "_proposal", lambda self, *_: (np.full_like(self.best, coordinate), 1.0)
    )
    found = solved(Relax(start, Level("gfn2-xtb", prior="gfn1-xtb"), 0.05), tmp_path)
    assert found.converged
    assert "led given up" in found.geometry_recovery
    assert said in found.geometry_recovery


def test_a_killed_led_relaxation_gives_the_same_digits_and_no_geometry_twice(tmp_path):
    start = copper_cluster()
    prior = Level.from_ase("ase.calculators.morse:MorsePotential", epsilon=0.35, r0=2.5, rho0=4.0)
    level = Level.from_ase(COUNTED, log=str(tmp_path / "log"))
    task = Relax(start, Level(level.code, overrides=level.overrides, prior=prior), 0.01)
    whole = solved(task, tmp_path / "whole")
    lines = (tmp_path / "whole" / "calculations.jsonl").read_text().splitlines(keepends=True)
    assert len(lines) == whole.cost.n_forces == len((tmp_path / "log").read_text().splitlines())
    assert len({json.loads(line)["geometry"] for line in lines}) == len(lines)
    for cut in (1, len(lines) // 2, len(lines) - 1):
        (tmp_path / f"{cut}").mkdir()
        (tmp_path / f"{cut}" / "calculations.jsonl").write_text("".join(lines[:cut]))
        (tmp_path / "log").unlink()
        again = solved(task, tmp_path / f"{cut}")
        assert again.energies == whole.energies
        np.testing.assert_array_equal(again.structure.positions, whole.structure.positions)
        assert len((tmp_path / "log").read_text().splitlines()) == len(lines) - cut


def test_the_key_of_a_relaxation_does_not_know_its_prior():
    led = Level("gpaw", prior="gfn1-xtb")
    assert led == Level("gpaw")
    atoms = g2("H2O")
    assert Relax(atoms, led).key == Relax(atoms, Level("gpaw", prior="none")).key
    assert Relax(atoms, led).key == Relax(atoms, Level("gpaw")).key
