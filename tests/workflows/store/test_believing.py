"""A record is believed only where it can be the result of the task that asks for it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.cluster import Octahedron
from ase.io import write

from heterodot.calculators import Level
from heterodot.cli import main
from heterodot.errors import CalculationError
from heterodot.workflows import Hessian, Relax, Runner, SinglePoint, Store

EMT = Level("emt")


def copper(length: float = 2.3) -> Atoms:
    return Atoms("Cu2", [[0, 0, 0], [0, 0, length]])


def big(length: float = 2.3) -> Atoms:
    """More atoms than numbers kept in the record itself: forces are in the archive beside it."""
    atoms = Octahedron("Cu", 4)
    atoms.positions *= length / 2.55
    return atoms


def record_path(store: Path, key: str) -> Path:
    return store / "results" / key[0] / f"{key}.json"


def answer(store: Path, task) -> tuple[object, list[str], int]:
    """The result, what was said about refused records, and the number of tasks calculated."""
    said: list[str] = []

    def note(event) -> None:
        if event.kind == "refused":
            said.append(event.message)

    with Runner(store, "serial", on_event=note) as runner:
        return runner.run(task), said, runner.counts.computed


def edit(path: Path, change) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def set_energy(value):
    return lambda record: record["result"].update(energy=value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_energy(float("nan")), "NaN"),
        (set_energy(float("inf")), "Infinity"),
        (set_energy(-1), None),
        (set_energy(True), "energy: True, expected a finite number"),
        (set_energy("-0.5"), "energy: '-0.5', expected a finite number"),
        (set_energy(None), "energy: none, expected a finite number"),
        (lambda r: r["result"].pop("energy"), "energy: none"),
        (lambda r: r["result"].update(forces=[[0, 0, 0]]), "forces: an array of 1×3, expected 2×3"),
        (lambda r: r["result"].update(forces=[[0, 0], [0]]), "expected 2×3 numbers"),
        (lambda r: r["result"].update(forces=[[0, 0, None], [0, 0, 0]]), "forces: 1 numbers"),
        (lambda r: r["result"].update(forces={"a": 1}), "expected 2×3 numbers"),
        (lambda r: r["result"].pop("recovery"), "is not that of a task 'single-point'"),
        (lambda r: r.update(task="relax"), "of a task 'relax', expected 'single-point'"),
        (lambda r: r.update(atoms=3), "of 3 atoms, expected 2"),
        (lambda r: r.update(result=[]), "holds no result"),
        (lambda r: r.update(key="b" * 64), "it says to be the record of 'bbbb"),
        (lambda r: r.pop("key"), "it says to be the record of 'None'"),
        (lambda r: r.update(arrays=f"{'b' * 64}.{'0' * 12}.npz"), "expected those of its own"),
    ],
)
def test_a_record_that_cannot_be_the_result_is_calculated_again(tmp_path, change, words):
    task = SinglePoint(copper(), EMT)
    right, *_ = answer(tmp_path, task)
    path = record_path(tmp_path, task.key)
    edit(path, change)
    found, said, computed = answer(tmp_path, task)
    if words is None:  # another finite number: nothing in the record speaks against it
        assert (found.energy, said, computed) == (-1, [], 0)
        return
    assert found.energy == right.energy
    assert computed == 1
    assert len(said) == 1
    assert words in said[0]
    assert str(path) in said[0]
    assert "\n" not in said[0]
    assert path.with_suffix(".torn").is_file(), "nothing is thrown away"
    assert answer(tmp_path, task)[2] == 0


def test_a_number_too_large_for_a_float_is_not_believed(tmp_path):
    task = SinglePoint(copper(), EMT)
    right, *_ = answer(tmp_path, task)
    path = record_path(tmp_path, task.key)
    text = path.read_text()
    for energy in ("1e999", "9" * 400):
        path.write_text(text.replace(f'"energy": {right.energy!r}', f'"energy": {energy}'))
        found, said, computed = answer(tmp_path, task)
        assert (found.energy, computed, len(said)) == (right.energy, 1, 1)


def test_two_records_swapped_are_both_calculated_again(tmp_path):
    short, long = SinglePoint(copper(2.2), EMT), SinglePoint(copper(2.6), EMT)
    energies = [answer(tmp_path, task)[0].energy for task in (short, long)]
    assert energies[0] != energies[1]
    paths = [record_path(tmp_path, task.key) for task in (short, long)]
    texts = [path.read_text() for path in paths]
    for path, text in zip(paths, reversed(texts), strict=True):
        path.write_text(text)
    assert [answer(tmp_path, task)[0].energy for task in (short, long)] == energies


def test_two_archives_swapped_are_not_taken_by_their_own_records(tmp_path):
    tasks = [SinglePoint(big(2.2), EMT), SinglePoint(big(2.6), EMT)]
    forces = [answer(tmp_path, task)[0].forces for task in tasks]
    for task, other in (tasks, tasks[::-1]):
        name = json.loads(record_path(tmp_path, other.key).read_text())["arrays"]
        edit(record_path(tmp_path, task.key), lambda r, n=name: r.update(arrays=n))
    for task, right in zip(tasks, forces, strict=True):
        np.testing.assert_array_equal(answer(tmp_path, task)[0].forces, right)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_forces_in_an_archive_are_looked_at(tmp_path, wrong):
    task = SinglePoint(big(), EMT)
    right, *_ = answer(tmp_path, task)
    name = json.loads(record_path(tmp_path, task.key).read_text())["arrays"]
    forces = right.forces.copy()
    forces[3, 1] = wrong
    np.savez_compressed(record_path(tmp_path, task.key).with_name(name), a0=forces)
    found, said, computed = answer(tmp_path, task)
    np.testing.assert_array_equal(found.forces, right.forces)
    assert computed == 1
    assert "forces: 1 numbers that are not finite" in said[0]


def test_every_kind_says_what_its_result_must_hold(tmp_path):
    relax, hessian = Relax(copper(), EMT), Hessian(copper(), EMT)
    for task, change, words in (
        (relax, lambda r: r["result"].update(positions=[[0, 0, 0]]), "positions: an array of 1×3"),
        (relax, lambda r: r["result"].update(energies=["x"]), "energies: "),
        (hessian, lambda r: r["result"].update(hessian=[[0.0]]), "hessian: an array of 1×1"),
        (hessian, lambda r: r["result"].update(indices=[0]), "indices: an array of 1"),
    ):
        answer(tmp_path, task)
        edit(record_path(tmp_path, task.key), change)
        _, said, computed = answer(tmp_path, task)
        assert computed == 1
        assert words in said[0]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_code_that_returns_no_energy_fails_in_one_line(tmp_path, monkeypatch, value):
    monkeypatch.setattr(Atoms, "get_potential_energy", lambda *_, **__: value)
    task = SinglePoint(copper(), EMT, label="pair")
    with Runner(tmp_path, "serial") as runner, pytest.raises(CalculationError) as caught:
        runner.run(task)
    assert f"energy: {value}, expected a finite number" in str(caught.value)
    store = Store(tmp_path)
    assert task.key not in store
    assert "pair" in store.failures()[0]["message"]


def test_the_command_line_says_which_record_was_refused(tmp_path, capsys):
    write(tmp_path / "pair.xyz", copper(), format="extxyz")
    study = tmp_path / "study.yaml"
    study.write_text(
        "heterodot: 1\nsystems: {pair: {file: pair.xyz}}\nlevels: {emt: {code: emt}}\n"
        "questions: [relaxation: {}]\n"
    )

    def run() -> tuple[str, str]:
        with pytest.raises(SystemExit) as left:
            main(["run", str(study), "--workers", "1"])
        assert left.value.code == 0
        return capsys.readouterr()

    first, _ = run()
    path = next((tmp_path / "study-results" / "store" / "results").rglob("*.json"))
    edit(path, set_energy(float("nan")))
    again, err = run()
    assert again == first
    lines = [line for line in err.splitlines() if path.name in line]
    assert len(lines) == 1
    assert "calculated again" in lines[0]
    assert "1 task calculated" in err
