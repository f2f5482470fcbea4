"""What ``heterodot export`` hands to other programs."""

import json

import pytest
from ase import Atoms
from ase.build import molecule
from ase.db import connect

from heterodot.calculators import Level
from heterodot.cli import main
from heterodot.errors import InputError
from heterodot.provenance import with_charge
from heterodot.workflows import SinglePoint
from heterodot.workflows.study.exchange import export_json
from heterodot.workflows.study.export import export_database


@pytest.fixture
def radical(serial):
    """OH and OH⁻ by GFN1-xTB, and Cu by EMT, which knows no electrons."""
    level = Level("gfn1-xtb")
    serial.run(SinglePoint(molecule("OH"), level, label="radical"))
    ion = with_charge(molecule("OH"), -1)
    ion.set_initial_magnetic_moments(None)
    serial.run(SinglePoint(ion, level, label="ion"))
    serial.run(SinglePoint(Atoms("Cu2", [[0, 0, 0], [0, 0, 2.2]]), Level("emt"), label="dimer"))
    return serial.store


def test_rows_have_calculator_charge_and_spin(radical, tmp_path):
    export_database(radical, tmp_path / "all.db")
    rows = {row.label: row for row in connect(tmp_path / "all.db").select()}
    assert (rows["radical"].calculator, rows["radical"].magmom) == ("gfn1-xtb", 1.0)
    assert rows["radical"].multiplicity == 2
    assert (rows["ion"].charge, rows["ion"].magmom) == (pytest.approx(-1), 0.0)
    assert rows["ion"].total_charge == -1
    assert "multiplicity" not in rows["dimer"]
    assert rows["dimer"].get("magmom") is None


def test_optimade_and_pymatgen_hold_the_same_results(radical, tmp_path):
    from monty.serialization import loadfn

    path = tmp_path / "all.json"
    assert export_json(radical, path, "optimade") == 3
    found = json.loads(path.read_text())
    assert found["meta"]["api_version"] == "1.2.0"
    entries = {e["attributes"]["_heterodot_label"]: e["attributes"] for e in found["data"]}
    assert entries["ion"]["_heterodot_charge"] == -1
    assert entries["radical"]["_heterodot_unpaired_electrons"] == 1
    assert entries["dimer"]["_heterodot_code"] == "emt"
    assert export_json(radical, path, "pymatgen") == 3
    rows = {row["label"]: row for row in loadfn(path)}
    assert rows["radical"]["structure"].spin_multiplicity == 2
    assert rows["ion"]["structure"].charge == -1
    for label, row in rows.items():
        assert row["energy"] == entries[label]["_heterodot_energy"]
    with pytest.raises(InputError, match=r"expected \.json"):
        export_json(radical, tmp_path / "all.db", "optimade")


def test_the_command_takes_the_format(radical, tmp_path, capsys):
    where = radical.path.parent
    for words, code, said in (
        (("--format", "optimade"), 0, "3 structures, a response of OPTIMADE's /structures"),
        (("--format", "cml"), 2, "--format 'cml': expected ase, optimade or pymatgen"),
    ):
        with pytest.raises(SystemExit) as left:
            main(["export", str(where), "-o", str(tmp_path / "all.json"), *words])
        assert left.value.code == code
        captured = capsys.readouterr()
        assert said in captured.out + captured.err
