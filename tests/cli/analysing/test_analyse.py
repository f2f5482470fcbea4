"""``heterodot analyse``: what it prints and writes, and one line for what is wrong."""

import csv
import shutil

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write
from matplotlib.image import imread
from tests.analysis.densities import gaussians
from tests.data.foreign.layouts import DIAMOND, FILES

from heterodot.analysis import write_grid
from heterodot.cli import main

COPPER = FILES / "espresso" / "cu.save"
OXYGEN = FILES / "espresso" / "o2.save"
WATER = FILES / "cp2k" / "h2o.out"


def _run(*words) -> int:
    with pytest.raises(SystemExit) as left:
        main(["analyse", *(str(word) for word in words)])
    return int(left.value.code)


def _table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_several_calculations_make_a_table_each_and_one_figure(tmp_path, capsys):
    out = tmp_path / "out"
    assert _run(COPPER, OXYGEN, "--pdos", "--gap", "-o", out) == 0
    said = capsys.readouterr().out
    assert "no gap (a metal)" in said
    assert "gap 2.4134 eV" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "cu.gap.csv", "cu.pdos.csv", "o2.gap.csv", "o2.pdos.csv", "pdos.png", "pdos.svg",
    ]  # fmt: skip
    rows = _table(out / "cu.pdos.csv")
    columns = ["energy - fermi (eV)", "total (1/eV)", "Cu s (1/eV)", "Cu d (1/eV)"]
    assert list(rows[0]) == columns
    energies, total, s, d = np.array([[float(row[name]) for name in columns] for row in rows]).T
    below = energies <= 0
    assert np.trapezoid(d[below], energies[below]) == pytest.approx(9.79, abs=0.05)
    assert (total - s - d > -1e-6).all()
    assert "O p up (1/eV)" in _table(out / "o2.pdos.csv")[0]
    assert imread(out / "pdos.png").std() > 0.01
    assert float(_table(out / "o2.gap.csv")[0]["gap (eV)"]) == pytest.approx(2.4134, abs=1e-4)


def test_the_d_band_of_copper(tmp_path, capsys):
    assert _run(COPPER, "--d-band", "Cu", "--window=-8,1", "-o", tmp_path) == 0
    (row,) = _table(tmp_path / "cu.d-band.csv")
    assert float(row["centre (eV)"]) == pytest.approx(-2.9, abs=0.3)
    assert "centre, all states" in capsys.readouterr().out


def test_without_an_option_it_says_what_a_file_holds(tmp_path, capsys):
    assert _run(WATER, DIAMOND) == 0
    said = capsys.readouterr().out
    assert "gap 16.8984 eV" in said
    assert "projections: Löwdin, on kinds of atoms, l (sp) and m" in said
    assert "no projections: VASP writes them with LORBIT = 11" in said


def test_results_stand_beside_the_file(tmp_path):
    shutil.copytree(OXYGEN, tmp_path / "o2.save")
    assert _run(tmp_path / "o2.save", "--gap") == 0
    assert [p.name for p in tmp_path.glob("*.csv")] == ["o2.gap.csv"]


def test_coordination_and_diffraction_of_crystals_and_molecules(tmp_path, capsys):
    write(tmp_path / "zns.cif", bulk("ZnS", "zincblende", 5.409, cubic=True))
    assert _run(tmp_path / "zns.cif", WATER, "--coordination", "--xrd", "-o", tmp_path) == 0
    said = capsys.readouterr().out
    assert "Zn: 4 atoms, 4.00 bonds (S 4.00)" in said
    assert "H–O: 2 bonds, 0.957 Å" in said
    rows = _table(tmp_path / "zns.xrd.csv")
    first = 2 * np.degrees(np.arcsin(1.54184 / 2 / (5.409 / 3**0.5)))  # Bragg, (111)
    assert float(rows[0]["2 theta (degrees)"]) == pytest.approx(first, abs=0.01)
    assert rows[0]["plane"] == "111"
    assert "strongest (111) at" in said
    assert (tmp_path / "h2o.xrd.csv").is_file()
    assert imread(tmp_path / "xrd.png").std() > 0.01


def test_bader_charges_of_a_cube(tmp_path, capsys):
    density = gaussians(
        (24, 24, 40), np.diag([4.0, 4.0, 7.0]), [[0.5, 0.5, 0.3], [0.5, 0.5, 0.7]], [6.0, 2.0],
        [0.35, 0.35], numbers=np.array([8, 4]),
    )  # fmt: skip
    write_grid(density, tmp_path / "beo.cube")
    words = (tmp_path / "beo.cube", "--bader", "--valence", "O=5,Be=3", "-o", tmp_path)
    assert _run(*words) == 0
    rows = _table(tmp_path / "beo.bader.csv")
    assert [row["element"] for row in rows] == ["O", "Be"]
    charges = [float(row["charge (e)"]) for row in rows]
    assert charges == pytest.approx([-1.0, 1.0], abs=0.02)
    assert "charges sum to +0.0000 e" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("nothing.xml", "--gap"), "nothing.xml: no such file; expected vasprun.xml"),
        ((DIAMOND, "--pdos"), "vasprun_pstress.xml: no projections"),
        ((WATER, "--d-band", "O"), "h2o.out: no d projector on O"),
        ((WATER, "--bader"), "h2o.out: expected a cube"),
        ((COPPER, "--bader"), "cu.save: is a folder"),
        ((WATER, "--pdos", "--reference", "moon"), "--reference 'moon': expected one of fermi"),
        ((WATER, "--pdos", "--window=4,-8"), "--window '4,-8': expected the lower"),
        ((WATER, "--window=-8,4"), "--window -8,4 is of --pdos or --d-band"),
        ((WATER, WATER, "--gap"), "a file is given twice"),
        ((COPPER, "--gap", "-o", WATER), "is a file; expected a folder"),
        ((WATER, "--pdos", "--width", "0"), "--width"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(words, line, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _run(*words) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_one_wrong_file_of_two_writes_nothing(tmp_path, capsys):
    assert _run(WATER, DIAMOND, "--pdos", "-o", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
