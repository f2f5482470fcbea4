"""Gaps and electrons along a trajectory: two molecules as two domains, by xTB; GPAW really run."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
from ase.build import molecule

from heterodot.analysis.motion.trajectories.trajectory import Trajectory, read_trajectory
from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import interface
from heterodot.workflows import Runner
from heterodot.workflows.questions.dynamics.along import STRETCH, gap_gates
from heterodot.workflows.questions.dynamics.electron_transfer import ElectronTransfer
from heterodot.workflows.questions.dynamics.gap_fluctuation import GapFluctuation
from heterodot.workflows.study import Study
from heterodot.workflows.study.kept.estimate import estimate
from heterodot.workflows.tasks.kinds import task_from_dict
from heterodot.workflows.tasks.moving.states_along import StatesAlong

GFN2 = Level("gfn2-xtb")
PERIOD = 19.0
"""fs, of the vibration of the trajectory made by hand."""


def pair(stretch=0.0):
    """HCN beside N2, its C–N bond stretched."""
    one, other = molecule("HCN"), molecule("N2")
    one.positions[1 if one.symbols[1] == "N" else 0, 2] += stretch
    other.positions += [3.3, 0, 0.3]
    atoms = one + other
    atoms.set_array("domain", np.array(["HCN"] * 3 + ["N2"] * 2))
    return atoms


@pytest.fixture(scope="module")
def swinging(tmp_path_factory):
    """A trajectory of one vibration, as a file."""
    frames = [pair(0.05 * np.sin(2 * np.pi * t / PERIOD)) for t in range(46)]
    path = tmp_path_factory.mktemp("made") / "swinging.xyz"
    return str(Trajectory.from_frames(frames, 1.0).write(path))


def test_the_gap_swings_with_the_bond(swinging, serial):
    found = GapFluctuation(pair(), GFN2, trajectory=swinging, name="pair").run(serial)
    assert len(found.gaps) == 46
    line = max(found.density.lines, key=lambda line: line.height)
    assert line.wavenumber == pytest.approx(1e15 / 2.99792458e10 / PERIOD, rel=0.1)
    assert line.domains["HCN"] > 0.99
    assert "short-trajectory" in [flag.name for flag in found.flags]
    json.dumps(found.to_dict(), allow_nan=True)
    assert "lines (cm⁻¹" in found.headline()
    assert len(found.figures("pair")["gap-pair"]().axes) == 3
    middle = GFN2.calculator(pair())
    alone = pair()
    alone.calc = middle
    alone.get_potential_energy()
    assert found.gaps[0] == pytest.approx(GFN2.electronic_structure(middle, alone).gap, abs=1e-4)


def test_an_electron_is_asked_to_go(swinging, serial):
    found = ElectronTransfer(
        pair(), GFN2, trajectory=swinging, states_kept=4, starts=3, trajectories=20, time=60.0
    ).run(serial)
    assert {found.donor, found.acceptor} == {"HCN", "N2"}
    assert found.hopping.n_trajectories == 60
    assert found.hopping.shares[:, 0].mean() > 0.9  # begins on the donor
    assert found.approximation > 0  # the integrals are exact, and differ
    np.testing.assert_allclose(found.followed.kept.max(), 1, atol=0.05)
    assert found.structure.arrays["initial_state"].sum() == pytest.approx(1, abs=1e-3)
    assert "not-decayed" in [flag.name for flag in found.flags]
    assert set(found.figures("pair")) == {"transfer-pair", "transfer-gap-pair"}
    assert len(found.figures("pair")["transfer-pair"]().axes) == 4  # one is the colour bar
    json.dumps(found.to_dict(), allow_nan=True)
    hole = ElectronTransfer(
        pair(), GFN2, trajectory=swinging, carrier="hole", states_kept=3, starts=2, trajectories=5,
        time=20.0, scheme="fssh",
    ).run(serial)  # fmt: skip
    assert hole.carrier == "hole"
    gap = GapFluctuation(pair(), GFN2, trajectory=swinging).run(serial)
    assert len(gap.gaps) == 46
    assert serial.counts.computed == -(-45 // STRETCH)  # each frame once, whoever asks
    assert (hole.followed.energies[0, 1:] >= hole.followed.energies[0, :-1]).all()


def test_a_killed_stretch_goes_on_with_the_same_digits(tmp_path):
    places = [pair(0.01 * k).positions.tolist() for k in range(4)]
    task = StatesAlong(pair(), GFN2, positions=places, below=1, above=3)
    whole = task.compute(tmp_path / "whole")
    broken = tmp_path / "broken"
    if (child := os.fork()) == 0:  # killed after the second frame
        seen = type(task)._states

        def states(self, index, directory):
            if index == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return seen(self, index, directory)

        type(task)._states = states
        task.compute(broken)
    os.waitpid(child, 0)
    assert sorted(p.name for p in broken.glob("*.npz")) == ["frame-0000.npz", "frame-0001.npz"]
    times = {p: p.stat().st_mtime_ns for p in broken.glob("*.npz")}
    again = task.compute(broken)
    assert {p: p.stat().st_mtime_ns for p in times} == times
    for name in ("energies", "overlaps", "weights", "totals"):
        np.testing.assert_array_equal(again[name], whole[name])
    same = task_from_dict(json.loads(json.dumps(task.to_dict())))
    assert same.key == task.key
    assert (np.abs(whole["overlaps"][:, 0, 0]) > 0.99).all()


def test_stored_stretches_answer_and_frames_are_not_doubled(swinging, tmp_path):
    question = GapFluctuation(pair(), GFN2, trajectory=swinging)
    with Runner(tmp_path, executor="serial") as runner:
        first = question.run(runner)
        assert runner.counts.computed == -(-45 // STRETCH)
    with Runner(tmp_path, executor="serial") as runner:
        second = question.run(runner)
        assert runner.counts.computed == 0
    np.testing.assert_array_equal(first.gaps, second.gaps)


def test_stretches_of_a_question_alone_still_answer(swinging, tmp_path):
    """What stores hold that were written when each question had stretches of its own."""
    question = ElectronTransfer(
        pair(), GFN2, trajectory=swinging, states_kept=2, starts=2, trajectories=5, time=20.0
    )
    frames = read_trajectory(swinging).part(0)
    first, *_ = question.stretches(frames, 1, 2, couple=True)
    assert "clipped" not in first.settings()
    with Runner(tmp_path, executor="serial") as runner:
        own = runner.run(first)
        found = question.run(runner)
        assert runner.counts.computed == -(-45 // STRETCH)  # that one, and the others anew
    assert found.followed.energies[:, 0] == pytest.approx(
        [*own.energies[:, 1], *found.followed.energies[len(own.energies) :, 0]], abs=1e-9
    )


def test_states_are_narrowed_to_those_there_are(serial):
    hydrogen = molecule("H2")
    task = StatesAlong(
        hydrogen, GFN2, positions=[hydrogen.positions] * 2, below=8, above=8, clipped=True
    )
    found = serial.run(task)
    assert found.energies.shape == (2, 2)
    assert found.homo == 0
    assert found.off < 1e-6
    assert found.narrowed(1, 1).gaps == pytest.approx(found.energies[:, 1] - found.energies[:, 0])
    with pytest.raises(InputError, match="expected 1 and 1 at most"):
        found.narrowed(2, 1)
    assert task_from_dict(json.loads(json.dumps(task.to_dict()))).key == task.key


def test_a_gap_that_closes_is_flagged(swinging, serial):
    states = GapFluctuation(pair(), GFN2, trajectory=swinging).states(
        serial, Trajectory.from_frames([pair(), pair(0.02)], 1.0), 1, 1, False
    )
    assert gap_gates(states, 10.0) == ()
    states.gaps[:] = [0.5, 0.02]
    (flag,) = gap_gates(states, 10.0)
    assert flag.name == "gap-closes"
    assert "1 of 2 frames" in flag.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trajectory": "nowhere.xyz"}, "no such file"),
        ({"donor": "x"}, "expected one of HCN, N2"),
        ({"donor": "N2", "acceptor": "N2"}, "two domains"),
        ({"states_kept": 1}, "2 states"),
        ({"time": 0.0}, "positive time"),
        ({"every": 600}, "every 600"),
        ({"atoms": molecule("HCN")}, "of 0 domains"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        ElectronTransfer(**{"atoms": pair(), "level": GFN2, **change})
    with pytest.raises(CapabilityError):
        ElectronTransfer(pair(), Level("emt"))


def test_a_trajectory_of_other_atoms_is_refused(swinging, serial):
    other = pair()
    other.symbols[0] = "O"
    with pytest.raises(InputError, match="in another order"):
        GapFluctuation(other, GFN2, trajectory=swinging).run(serial)


def test_in_a_study(tmp_path):
    pair().write(tmp_path / "pair.xyz")
    (tmp_path / "study.yaml").write_text(
        "heterodot: 1\n"
        "systems: {pair: {file: pair.xyz}}\n"
        "levels: {xtb: {code: gfn2-xtb}}\n"
        "questions:\n"
        "  - gap_fluctuation:\n"
        "      {relax: false, equilibration: 2, steps: 20, every: 1, timestep: 0.5}\n"
        "output: out\n"
    )
    study = Study.load(tmp_path / "study.yaml")
    before = estimate(study, tmp_path / "out")
    assert (before.n_tasks, before.n_finished) == (2, 0)
    # 23 energies of the dynamics, 21 of the states twice: of five atoms a tenth of 0.15 s each
    assert before.seconds == pytest.approx(65 * 0.015)
    assert [line.split(";")[1] for line in before.basis] == [
        " about 23 of them a task", " about 42 of them a task",
    ]  # fmt: skip
    result = study.run(workers=1)
    after = estimate(study, tmp_path / "out")
    assert (after.n_tasks, after.n_finished, after.seconds) == (2, 2, 0.0)
    assert not result.errors
    (row,) = result.rows()
    assert row.values["frames"] == 21
    assert 3 < row.values["mean gap (eV)"] < 5


@pytest.mark.gpaw
@pytest.mark.slow
def test_gpaw_follows_the_gap_of_eleven_atoms(tmp_path):
    """CsPbBr3 on CdS, frames at Γ in a minimal basis: the machinery, no chemistry."""
    atoms = interface(
        "CsPbBr3-cubic", "CdS", film_miller=(0, 0, 1), substrate_miller=(0, 0, 1), film_layers=2,
        substrate_layers=3, vacuum=5.0,
    )  # fmt: skip
    assert len(atoms) == 11
    level = Level("gpaw", "fast", {"basis": "sz(dzp)", "h": 0.25, "kpts": [1, 1, 1]})
    rng = np.random.default_rng(0)
    frames = []
    phase = rng.normal(0, 0.03, (11, 3))
    for k in (0, 2, 5):  # of ten
        frames.append(atoms.copy())
        frames[-1].positions += phase * np.sin(2 * np.pi * k / 10)
    places = [frame.positions.tolist() for frame in frames]
    found_task = StatesAlong(atoms, level, positions=places, below=2, above=2)
    with Runner(tmp_path, executor="local", workers=1) as runner:
        found = runner.run(found_task)
    assert found.gaps.shape == (3,)
    assert np.ptp(found.gaps) > 1e-3
    assert found.gaps[0] == pytest.approx(found.gaps[2], abs=2e-3)  # the same geometry
    assert not found.exact
    assert (np.linalg.norm(found.overlaps, axis=2) < 1.001).all()
