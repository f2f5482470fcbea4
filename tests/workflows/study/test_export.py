from __future__ import annotations

import numpy as np
import pytest
from ase.build import molecule
from ase.db import connect
from ase.io import read

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import InputError, StoreError
from heterodot.provenance import with_charge
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows import Orbitals, Relax, SinglePoint
from heterodot.workflows.study.export import export_database, structure_from_row


def test_a_dot_comes_back_from_the_database_with_all_it_carries(serial, tmp_path):
    dot = passivate(pyramid(crystal("ZnS"), 1), "H")
    result = serial.run(SinglePoint(dot, Level("gfn1-xtb"), label="dot"))
    assert export_database(serial.store, tmp_path / "all.db") == 1
    (row,) = connect(tmp_path / "all.db").select(task="single-point")
    assert row.energy == pytest.approx(result.energy)
    np.testing.assert_allclose(row.forces, result.forces)
    back = structure_from_row(row)
    for name in ("role", "sublattice", "layer", "domain"):
        assert list(back.arrays[name]) == list(dot.arrays[name]), name
    assert provenance.history(back) == provenance.history(dot)
    assert provenance.notes(back) == provenance.notes(dot)
    assert read(f"{tmp_path}/all.db@label=dot")[0].get_chemical_formula() == "H6S4Zn"


def test_every_kind_of_task_is_exported(serial, tmp_path, cluster):
    relaxed = serial.run(Relax(cluster, Level("emt")))
    serial.run(Orbitals(passivate(pyramid(crystal("ZnS"), 1), "H"), Level("gfn1-xtb")))
    assert export_database(serial.store, tmp_path / "all.json") == 2
    (row,) = connect(tmp_path / "all.json").select(task="relax")
    np.testing.assert_allclose(row.positions, relaxed.structure.positions)
    assert row.energy == pytest.approx(relaxed.energy)


def test_rows_say_what_the_electrons_and_the_spin_are_flagged_for(serial, tmp_path):
    """ZnS T3-H with charge +2 has no gap (three levels share four electrons), O2 no singlet."""
    level = Level("gfn1-xtb")
    dot = with_charge(passivate(pyramid(crystal("ZnS"), 3), "H"), 2)
    oxygen = molecule("O2")
    oxygen.set_initial_magnetic_moments(None)
    serial.gather([Orbitals(dot, level), Relax(oxygen, level)])
    export_database(serial.store, tmp_path / "all.db")
    (states,) = connect(tmp_path / "all.db").select(task="orbitals")
    assert "no-gap" in states.flags
    (relaxed,) = connect(tmp_path / "all.db").select(task="relax")
    assert "spin-not-chosen" in relaxed.flags


def test_a_database_that_cannot_be_written_is_one_line(serial, tmp_path, cluster):
    serial.run(SinglePoint(cluster, Level("emt")))
    with pytest.raises(StoreError, match="cannot be written"):
        export_database(serial.store, tmp_path / "missing" / "all.db")


def test_another_ending_is_refused(serial, tmp_path):
    with pytest.raises(InputError, match=r"expected \.db or \.json"):
        export_database(serial.store, tmp_path / "all.xls")
