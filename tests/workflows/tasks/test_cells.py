"""Cells relaxed with their symmetry, and the stress of strained ones."""

import numpy as np
import pytest
from ase.build import bulk, molecule

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import crystal
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.kinds import task_from_dict

EMT = Level("emt")


def test_copper_by_emt_has_the_lattice_constant_of_its_energies(serial):
    found = serial.run(RelaxCell(crystal("Cu"), EMT, 0.001))
    lengths = found.structure.cell.lengths()
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-6)
    assert found.converged
    scan = np.linspace(0.99, 1.01, 9)
    energies = []
    for factor in scan:
        cell = crystal("Cu")
        cell.set_cell(cell.cell * factor, scale_atoms=True)
        cell.calc = EMT.calculator(cell)
        energies.append(cell.get_potential_energy())
    fit = np.polyfit(scan, energies, 3)
    lowest = [r.real for r in np.roots(np.polyder(fit)) if 0.98 < r.real < 1.02]
    assert lengths[0] == pytest.approx(3.615 * lowest[0], rel=1e-3)


def test_a_held_cell_keeps_its_strain_and_tells_its_stress(serial):
    stretched = bulk("Cu", cubic=True)
    stretched.set_cell(stretched.cell * 1.02, scale_atoms=True)
    found = serial.run(RelaxCell(stretched, EMT, hold_cell=True))
    np.testing.assert_allclose(found.structure.cell, stretched.cell)
    assert (found.stress[:3] > 0).all(), "a stretched crystal pulls"


def test_what_is_no_crystal_and_what_has_no_stress_is_refused(serial):
    with pytest.raises(InputError, match="expected a crystal"):
        RelaxCell(molecule("H2O"), EMT)
    morse = Level.from_ase("ase.calculators.test:FreeElectrons")
    with pytest.raises(CapabilityError, match="stress"):
        serial.run(RelaxCell(bulk("Cu"), morse))


def test_a_worker_makes_the_same_task_of_its_dictionary():
    task = RelaxCell(crystal("Cu"), EMT, 0.003, hold_cell=True)
    assert task_from_dict(task.to_dict()).key == task.key


def test_keys_of_before_are_kept():
    task = RelaxCell(crystal("Cu"), EMT, 0.003)
    assert task.settings() == {"fmax": 0.003, "steps": 200, "hold_cell": False}
    assert task.key != RelaxCell(crystal("Cu"), EMT, 0.003, pressure=1.0).key
    with pytest.raises(InputError, match="none for a volume that is held"):
        RelaxCell(crystal("Cu"), EMT, hold_cell=True, pressure=1.0)


def test_a_held_volume_gives_the_shape(serial):
    start = bulk("Cu", "hcp", a=2.5, c=4.6)
    found = serial.run(RelaxCell(start, EMT, 0.001, hold_volume=True))
    assert found.structure.get_volume() == pytest.approx(start.get_volume(), rel=1e-6)
    assert found.stress[0] == pytest.approx(found.stress[2], abs=5e-4)


def test_a_killed_relaxation_goes_on_to_the_same_digits(tmp_path, monkeypatch):
    from heterodot.workflows.tasks.computing.recording import RecordedCell

    start = bulk("Cu", "hcp", a=2.45, c=4.4)
    start.rattle(0.05, seed=1)
    task = RelaxCell(start, EMT, 0.001, symmetry="free")
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = task.compute(tmp_path / "whole")
    asked, ask = [], RecordedCell._ask

    def until(self, atoms):
        asked.append(1)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return ask(self, atoms)

    monkeypatch.setattr(RecordedCell, "_ask", until)
    with pytest.raises(KeyboardInterrupt):
        task.compute(tmp_path / "killed")

    def counted(self, atoms):
        asked.append(1)
        return ask(self, atoms)

    monkeypatch.setattr(RecordedCell, "_ask", counted)
    again = task.compute(tmp_path / "killed")
    assert len(asked) - 1 == whole["cost"]["n_forces"]  # nothing was calculated twice
    assert again["energy"] == whole["energy"]
    np.testing.assert_array_equal(again["positions"], whole["positions"])
    np.testing.assert_array_equal(again["cell"], whole["cell"])
    np.testing.assert_array_equal(again["stress"], whole["stress"])
