"""A density converged once is where later tasks at the same geometry and level start."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from heterodot.calculators import Level
from heterodot.calculators.gpaw.restart import read_guess, write_guess
from heterodot.calculators.registry import GUESS_FILE
from heterodot.structures.molecules import molecule
from heterodot.workflows import Runner
from heterodot.workflows.store.guesses import FOLDER, keep_guess, provide_guess
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.tasks import Hessian, Orbitals, Relax, SinglePoint

GPAW = Level("gpaw", "moderate", {"basis": "sz(dzp)", "vacuum": 2.5})


def leave(store: Store, task, content: bytes = b"density") -> None:
    (store.work_folder(task.key) / GUESS_FILE).write_bytes(content)


def test_a_guess_is_found_by_geometry_and_level(tmp_path):
    store, atoms = Store(tmp_path), molecule("CO2")
    relaxed = Relax(atoms, GPAW)
    moved = atoms.positions + np.array([[0, 0, 0], [0, 0, 0.01], [0, 0, -0.01]])
    leave(store, relaxed)
    keep_guess(store, relaxed, {"positions": moved})
    after = atoms.copy()
    after.set_positions(moved)
    other = Level("gpaw", "moderate", {"basis": "dzp"})
    for task, finds in (
        (Hessian(after, GPAW), True),
        (Orbitals(after, GPAW), True),
        (Hessian(atoms, GPAW), False),
        (Hessian(after, other), False),
    ):
        provide_guess(store, task)
        assert (store.work_path(task.key) / GUESS_FILE).exists() == finds, task


def test_a_hessian_leaves_none_and_one_there_is_not_overwritten(tmp_path):
    store, atoms = Store(tmp_path), molecule("CO2")
    task = Hessian(atoms, GPAW)
    leave(store, task)
    keep_guess(store, task, {})
    assert not (tmp_path / FOLDER).exists()
    single = SinglePoint(atoms, GPAW)
    leave(store, single, b"first")
    keep_guess(store, single, {})
    leave(store, task, b"own")
    provide_guess(store, task)
    assert (store.work_path(task.key) / GUESS_FILE).read_bytes() == b"own"


def test_links_lead_nowhere(tmp_path):
    store, atoms = Store(tmp_path / "store"), molecule("CO2")
    outside = tmp_path / "outside"
    outside.mkdir()
    (store.path / FOLDER).symlink_to(outside)
    task = SinglePoint(atoms, GPAW)
    leave(store, task)
    keep_guess(store, task, {})
    assert not list(outside.iterdir())


def test_only_density_matrices_are_taken_for_a_guess(tmp_path):
    path = tmp_path / GUESS_FILE
    assert read_guess(path) is None
    write_guess(path, {0: np.eye(3), 1: 2 * np.eye(3)})
    found = read_guess(path)
    np.testing.assert_array_equal(found[1], 2 * np.eye(3))
    np.save(path, np.full((1, 3, 3), np.nan, np.float32))
    assert read_guess(path) is None
    np.save(path, np.zeros((1, 3, 2), np.float32))
    assert read_guess(path) is None
    np.save(path, np.array([{"a": 1}]), allow_pickle=True)
    assert read_guess(path) is None
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert read_guess(path) is None
    with path.open("wb") as file:  # promises a terabyte
        header = {"descr": "<f4", "fortran_order": False, "shape": (1, 500_000, 500_000)}
        np.lib.format.write_array_header_1_0(file, header)
    assert read_guess(path) is None


@pytest.mark.gpaw
def test_vibrations_and_states_start_where_the_relaxation_ended(tmp_path):
    cold = {}
    with Runner(tmp_path, executor="serial") as runner:
        relaxed = runner.run(Relax(molecule("CO2"), GPAW, 0.05))
        hessian = runner.run(Hessian(relaxed.structure, GPAW, (0,)))
        states = runner.run(Orbitals(relaxed.structure, GPAW))
    with Runner(tmp_path / "other", executor="serial") as runner:
        cold["hessian"] = runner.run(Hessian(relaxed.structure, GPAW, (0,)))
        cold["states"] = runner.run(Orbitals(relaxed.structure, GPAW))
    assert hessian.cost.n_forces == cold["hessian"].cost.n_forces
    assert hessian.cost.n_scf <= cold["hessian"].cost.n_scf - 3
    np.testing.assert_allclose(hessian.hessian, cold["hessian"].hessian, atol=0.3)
    assert states.energy == pytest.approx(cold["states"].energy, abs=1e-4)


@pytest.mark.gpaw
def test_a_guess_of_another_size_is_left_alone(tmp_path):
    ready = GPAW.prepare(Atoms("CO", [[0, 0, 0], [0, 0, 1.15]]))
    write_guess(tmp_path / GUESS_FILE, {0: np.eye(3)})
    ready.calc = GPAW.calculator(ready, tmp_path)
    assert np.isfinite(ready.get_potential_energy())
