"""Dynamics as a task: the same digits after any kill, what is refused, what ends early."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.constraints import FixAtoms, FixBondLengths
from ase.units import kB

from heterodot.analysis.motion.trajectories.trajectory import open_trajectory
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.workflows import Runner
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.kinds import task_from_dict
from heterodot.workflows.tasks.moving import integration
from heterodot.workflows.tasks.moving.dynamics import Dynamics
from heterodot.workflows.tasks.moving.ensembles import ENSEMBLES
from heterodot.workflows.tasks.moving.start import fastest_period, thermal_momenta

EMT = Level("emt")


def copper_dimer():
    return Atoms("Cu2", [(0, 0, 0), (0, 0, 2.3)])


def dynamics(ensemble="csvr", atoms=None, **more):
    given = {"steps": 17, "timestep": 4.0, "stretch": 5, "every": 2, "damping": 50.0} | more
    return Dynamics(atoms or bulk("Cu", cubic=True), EMT, ensemble=ensemble, **given)


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_a_kill_changes_no_digit(ensemble, tmp_path, monkeypatch):
    """Cut off in the middle of the second stretch, after a state was written, before the record."""
    task = dynamics(ensemble)
    whole = task.compute(tmp_path / "whole")
    frame, calls = integration.MovingAtoms._frame, []

    def cut(self):
        calls.append(self.place.step)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return frame(self)

    monkeypatch.setattr(integration.MovingAtoms, "_frame", cut)
    with pytest.raises(KeyboardInterrupt):
        task.compute(tmp_path / "cut")
    calls[:] = [0] * 10
    again = task.compute(tmp_path / "cut")
    assert calls[10:] == [6, 8, 10, 12, 14, 16]  # step 5 and before are not done twice
    assert again["trajectory"].path.read_bytes() == whole["trajectory"].path.read_bytes()
    for name in ("positions", "momenta", "cell", "energy"):
        assert np.array_equal(again[name], whole[name])
    finished = task.compute(tmp_path / "cut")  # killed between the last state and the record
    assert np.array_equal(finished["positions"], whole["positions"])
    assert finished["energy"] == whole["energy"]


def test_kill_9(tmp_path):
    """A real process, killed where it happens to be; the store ends with the same bytes."""
    task = dynamics("langevin", copper_dimer(), steps=300, stretch=20)
    script = (
        "import sys, json; from heterodot.workflows import Runner\n"
        "from heterodot.workflows.tasks.kinds import task_from_dict\n"
        "task = task_from_dict(json.load(open(sys.argv[1])))\n"
        "with Runner(sys.argv[2], executor='serial') as runner: runner.run(task)\n"
    )
    (tmp_path / "task.json").write_text(json.dumps(task.to_dict()))
    arguments = [sys.executable, "-c", script, str(tmp_path / "task.json"), str(tmp_path / "store")]
    state = tmp_path / "store" / "work" / task.key / "state.npz"
    process = subprocess.Popen(arguments)
    for _ in range(6000):
        if state.exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert task.key not in Store(tmp_path / "store")
    assert state.exists()
    with Runner(tmp_path / "store", executor="serial") as runner:
        found = runner.run(task)
    with Runner(tmp_path / "other", executor="serial") as runner:
        expected = runner.run(task)
    assert found.path.read_bytes() == expected.path.read_bytes()
    assert np.array_equal(found.structure.positions, expected.structure.positions)
    assert not state.exists()


@pytest.mark.gpaw
def test_gpaw_keeps_the_energy_and_goes_on_to_the_same_digits(tmp_path, monkeypatch):
    """H2 stretched in a minimal basis, 3 fs of NVE, a third of a period."""
    level = Level("gpaw", "fast", {"xc": "LDA", "vacuum": 3.0, "basis": "sz(dzp)", "h": 0.22})
    hydrogen = Atoms("H2", [(0, 0, 0), (0, 0, 1.1)])
    task = Dynamics(
        hydrogen, level, steps=6, timestep=0.5, ensemble="nve", temperature=300.0, stretch=3
    )
    whole = task.compute(tmp_path / "whole")
    trajectory = open_trajectory(whole["trajectory"].path)
    potential = np.asarray(trajectory.column("energy"))
    conserved = np.asarray(trajectory.column("conserved"))
    assert np.ptp(potential) > 0.05  # eV: what is exchanged
    assert np.ptp(conserved) < 0.05 * np.ptp(potential)
    frame = integration.MovingAtoms._frame

    def cut(self):
        if self.place.step == 5:
            raise KeyboardInterrupt
        return frame(self)

    monkeypatch.setattr(integration.MovingAtoms, "_frame", cut)
    with pytest.raises(KeyboardInterrupt):
        task.compute(tmp_path / "cut")
    monkeypatch.setattr(integration.MovingAtoms, "_frame", frame)
    again = task.compute(tmp_path / "cut")
    assert again["n_forces"] == whole["n_forces"] == 6
    assert again["trajectory"].path.read_bytes() == whole["trajectory"].path.read_bytes()
    assert np.array_equal(again["positions"], whole["positions"])


def test_the_record_keeps_the_file_and_misses_without_it(serial):
    task = dynamics()
    found = serial.run(task)
    assert found.path.parent.parent == serial.store.path / "results"
    assert len(found.trajectory) == 9
    assert found.trajectory.origin["ensemble"] == "csvr"
    assert task_from_dict(task.to_dict()).key == task.key
    again = serial.run(dynamics())
    assert serial.counts.computed == 1
    assert again.structure.get_momenta() == pytest.approx(found.structure.get_momenta())
    with found.path.open("ab") as file:
        file.write(b"more")
    assert serial.store.get(task.key) is None
    assert "bytes" in serial.store.refused[task.key]


def test_what_decides_the_digits_is_in_the_key():
    one = dynamics()
    heavy = bulk("Cu", cubic=True)
    heavy.set_masses([65.0] * 4)
    moving = bulk("Cu", cubic=True)
    moving.set_momenta(np.eye(4, 3))
    others = [
        dynamics(seed=1), dynamics(atoms=heavy), dynamics(velocities="given", atoms=moving),
        dynamics(stretch=6), dynamics(temperature=310.0),
    ]  # fmt: skip
    assert len({one.key, *(o.key for o in others)}) == 6


def test_velocities_are_maxwells_and_at_rest():
    """⟨p²/m⟩ = kT for each degree of freedom left: 3N − 6 of a molecule."""
    ethanol, rng = molecule("CH3CH2OH"), np.random.default_rng(0)
    masses = ethanol.get_masses()[:, None]
    kinetic = []
    for _ in range(600):
        momenta = thermal_momenta(ethanol, 300.0, rng)
        kinetic.append((momenta**2 / masses).sum() / (kB * 300))
    turned = ethanol.copy()
    turned.set_momenta(momenta)
    assert turned.get_angular_momentum() == pytest.approx(0, abs=1e-10)
    assert momenta.sum(axis=0) == pytest.approx(0, abs=1e-10)
    # χ² of 21 degrees of freedom: mean 21, variance 42; four standard errors
    assert np.mean(kinetic) == pytest.approx(21, abs=4 * np.sqrt(42 / 600))
    assert np.var(kinetic) == pytest.approx(42, rel=0.25)


def test_atoms_held_stay_and_others_move(serial):
    atoms = bulk("Cu", cubic=True)
    atoms.set_constraint(FixAtoms([0, 1]))
    for ensemble in ("csvr", "nose-hoover", "langevin"):
        found = serial.run(dynamics(ensemble, atoms.copy())).trajectory
        moved = np.ptp(found.positions, axis=0).max(axis=1)
        assert moved[:2].max() < 1e-6
        assert moved[2:].min() > 1e-3
    assert found.origin["degrees_of_freedom"] == 6


def test_atoms_that_fly_apart_end_it_and_lose_nothing(serial):
    found = serial.run(dynamics("nve", copper_dimer(), temperature=5e7, every=1))
    (flag,) = found.ended
    assert flag.name == "exploding-trajectory"
    assert "what was before is kept" in flag.message
    assert len(found.trajectory) < 17
    assert np.isfinite(found.trajectory.positions).all()
    assert np.isfinite(found.energy)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ensemble": "nvt"}, "expected one of nve, langevin, csvr"),
        ({"timestep": 40.0}, "Cu vibrates in"),
        ({"timestep": -1.0}, "expected a positive time"),
        ({"every": 0}, "expected 1 to 17"),
        ({"keep": ("dipoles",)}, "expected of positions, velocities, forces"),
        ({"velocities": "given"}, "the structure has none"),
        ({"ensemble": "npt", "atoms": molecule("H2O"), "timestep": 0.5}, "expected a crystal"),
        ({"atoms": Atoms("Cu")}, "expected atoms that can move"),
        ({"damping": 1.0}, "more than the timestep"),
    ],
)
def test_what_cannot_be_followed_is_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        dynamics(**wrong)


def test_bonds_of_fixed_length_need_a_thermostat_that_knows_them():
    water = molecule("H2O")
    water.set_constraint(FixBondLengths([[0, 1], [0, 2]]))
    with pytest.raises(InputError, match="under FixBondLengths: expected nve, langevin or csvr"):
        dynamics("nose-hoover", water, timestep=1.0)


def test_the_lightest_atom_sets_the_timestep():
    """O–H of water at 3756 cm⁻¹: 8.9 fs; of D2O √2 longer, but for the oxygen."""
    period, element = fastest_period(molecule("H2O"))
    assert element == "H"
    assert period == pytest.approx(8.9, abs=0.1)
    heavy = molecule("H2O")
    heavy.set_masses([16.0, 2.014, 2.014])
    assert fastest_period(heavy)[0] == pytest.approx(period * np.sqrt(2.014 / 1.008), rel=1e-3)
